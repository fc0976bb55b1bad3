"""Records to publish: as zone file, and as change batch of Route 53."""

import json

import dns.zone

from sesguard.posture.publish import (
    PublishRecord,
    bind_lines,
    change_batch,
    dkim_records,
    dmarc_record,
    mail_from_records,
)
from tests.unit.posture.zones import an_identity


def test_the_lines_are_a_zone_that_a_name_server_reads():
    identity = an_identity(mail_from="bounce.acme.example")
    long = PublishRecord("long.acme.example", "TXT", 'a "quoted" \\ text ' + "x" * 600, "test")
    records = [*dkim_records(identity), *mail_from_records(identity), dmarc_record("acme.example"), long]
    zone = dns.zone.from_text(bind_lines(records), origin="acme.example.", relativize=False, check_origin=False)
    read = {(str(name), str(rdata)) for name, _, rdata in zone.iterate_rdatas()}
    assert ("bounce.acme.example.", "10 feedback-smtp.eu-west-1.amazonses.com.") in read
    assert ("tokena._domainkey.acme.example.", "tokena.dkim.amazonses.com.") in read
    assert ("_dmarc.acme.example.", '"v=DMARC1; p=none;"') in read
    (text,) = [rdata for name, _, rdata in zone.iterate_rdatas() if str(name).startswith("long")]
    assert b"".join(text.strings).decode() == long.value


def test_the_change_batch_replaces_what_is_there():
    batch = change_batch(dkim_records(an_identity()))
    assert json.loads(json.dumps(batch))["Changes"][0] == {
        "Action": "UPSERT",
        "ResourceRecordSet": {
            "Name": "tokena._domainkey.acme.example.",
            "Type": "CNAME",
            "TTL": 1800,
            "ResourceRecords": [{"Value": "tokena.dkim.amazonses.com"}],
        },
    }


def test_a_key_of_ones_own_and_an_address_have_no_records_of_ses():
    assert dkim_records(an_identity(dkim_own_key=True)) == []
    assert dkim_records(an_identity("news@acme.example")) == []
