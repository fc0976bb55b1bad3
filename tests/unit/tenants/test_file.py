"""Reading tenants.yaml and JSON lines: everything that is wrong at once, with line, key, value and what to do."""

from __future__ import annotations

import json

import pytest

from sesguard.tenants import file
from sesguard.tenants.file import read
from sesguard.tenants.model import ChannelEntry, Pool, Registry, StreamEntry, TenantEntry
from sesguard.tenants.problems import RegistryError
from sesguard.tenants.yaml_text import read_yaml
from tests.fakes.registry_documents import HOME, a_file, a_tenant, problems_in, registry_in

FINE = """\
defaults: {tls: require, tags: {platform: mail}}
policies:
  careful: {mode: observe, cool_down: 2h}
pools:
  main: {scaling: managed}
operator:
  channels: [{kind: slack, url: "ssm:/sesguard/operator/slack"}]
tenants:
  - id: acme
    name: Acme Ltd
    contacts: [owner@acme.example]
    channels:
      - {kind: webhook, url: "https://hooks.acme.example/mail", secret: "secretsmanager:sesguard/acme/hook"}
      - {kind: sns, topic: "arn:aws:sns:us-east-1:111122223333:sesguard-acme"}
    policy: careful
    overrides: {bounce_limit: 0.03}
    tags: {cost-centre: "42"}
    streams:
      - configuration_set: acme-news
        identities: [news.acme.example, acme.example]
        pool: main
        suppression: [complaint, bounce]
        overrides: {chance: 1e-5}
        tags: {kind: marketing}
      - configuration_set: acme-receipts
        account: "444455556666"
        region: eu-west-1
        policy: default
        tls: optional
        ses_tenant: acme
        switch: both
        events: [bounce, complaint, delivery]
        alarm: always
        adopt: true
"""

FINE_READ = Registry(
    policies={"careful": {"mode": "observe", "cool_down": "2h"}},
    pools={"main": Pool("managed")},
    operator=(ChannelEntry(kind="slack", url="ssm:/sesguard/operator/slack"),),
    tenants=(
        TenantEntry(
            id="acme",
            name="Acme Ltd",
            contacts=("owner@acme.example",),
            channels=(
                ChannelEntry(
                    kind="webhook", url="https://hooks.acme.example/mail", secret="secretsmanager:sesguard/acme/hook"
                ),
                ChannelEntry(kind="sns", topic="arn:aws:sns:us-east-1:111122223333:sesguard-acme"),
            ),
            tags={"platform": "mail", "cost-centre": "42"},
            streams=(
                StreamEntry(
                    account="111122223333",
                    region="us-east-1",
                    configuration_set="acme-news",
                    identities=("acme.example", "news.acme.example"),
                    pool="main",
                    policy="careful",
                    overrides={"bounce_limit": 0.03, "chance": 1e-5},
                    tags={"platform": "mail", "cost-centre": "42", "kind": "marketing"},
                    tls="require",
                    suppression=("bounce", "complaint"),
                ),
                StreamEntry(
                    account="444455556666",
                    region="eu-west-1",
                    configuration_set="acme-receipts",
                    overrides={"bounce_limit": 0.03},
                    tags={"platform": "mail", "cost-centre": "42"},
                    ses_tenant="acme",
                    switch="both",
                    events=("delivery", "bounce", "complaint"),
                    alarm="always",
                    adopt=True,
                ),
            ),
        ),
    ),
)


def test_a_file_is_read_with_every_default_resolved():
    assert registry_in(FINE) == FINE_READ


def test_json_lines_say_the_same_with_a_tenant_a_line():
    lines = [
        {"defaults": {"tls": "require", "tags": {"platform": "mail"}}},
        {"policies": {"careful": {"mode": "observe", "cool_down": "2h"}}, "pools": {"main": {"scaling": "managed"}}},
        {"operator": {"channels": [{"kind": "slack", "url": "ssm:/sesguard/operator/slack"}]}},
        read_yaml(FINE)["tenants"][0],
    ]
    assert registry_in("\n\n".join(json.dumps(line) for line in lines), lines=True) == FINE_READ


def test_an_empty_file_is_an_empty_registry():
    assert registry_in("") == registry_in("", lines=True) == Registry()


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_its_lines():
    found = problems_in("""\
policies:
  careful: {mode: obsrve}
pools: {main: {scaling: managed}}
tenants:
  - id: acme
    contacts: [owner@acme.example, owner.acme.example]
    streams:
      - configuration_set: acme news
        policy: carful
      - configuration_set: shop
        identities: [shop.example]
  - id: beta
    streams:
      - configuration_set: shop
        pool: mian
""")
    assert [(each.line, each.key, each.value) for each in found] == [
        (2, "policies.careful.mode", '"obsrve"'),
        (6, "tenants[0].contacts[1]", '"owner.acme.example"'),
        (8, "tenants[0].streams[0].configuration_set", '"acme news"'),
        (9, "tenants[0].streams[0].policy", '"carful"'),
        (12, "tenants[1].contacts", ""),
        (14, "tenants[1].streams[0].configuration_set", '"shop"'),
        (15, "tenants[1].streams[0].pool", '"mian"'),
    ]
    remedies = [each.remedy for each in found]
    assert remedies[0] == 'expected "observe" or "enforce"'
    assert remedies[1] == "expected one address in ASCII, such as owner@acme.example"
    assert remedies[2] == "expected 1 to 64 letters, digits, - and _, as SES has it"
    assert remedies[3] == "no policy has that name; did you mean careful? Otherwise define it under policies"
    assert remedies[4] == "nobody would be told: add contacts, or channels"
    assert remedies[5].startswith("line 10 has the same stream 111122223333/us-east-1/shop (of acme)")
    assert remedies[6] == "no pool has that name; did you mean main? Otherwise define it under pools"


def test_in_json_lines_the_key_is_said_from_the_tenant_on():
    text = "\n".join(json.dumps(line) for line in [{"pools": {"Main": {}}}, a_tenant(streams=[{}])])
    assert [(each.line, each.key) for each in problems_in(text, lines=True)] == [
        (1, "pools.Main"),
        (1, "pools.Main.scaling"),
        (2, "streams[0].configuration_set"),
    ]


def problem_with(**keys: object) -> str:
    """The one problem of a tenant with these keys, in words."""
    (problem,) = problems_in(json.dumps(a_tenant(**keys)), lines=True)
    assert problem.line == 1
    return str(problem).removeprefix("line 1: ")


def stream_problem(**keys: object) -> str:
    return problem_with(streams=[{"configuration_set": "acme-news", **keys}])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"id": "a" * 65}, 'id: "aaa'),
        ({"id": "@operator"}, 'id: "@operator": expected 1 to 64 letters'),
        ({"id": 42}, "id: 42: write it in quotes, as text"),
        ({"id": None}, "id: is missing: give the tenant an id, such as acme"),
        ({"name": "two\nlines"}, 'name: "two lines": expected one line'),
        ({"name": "a" * 201}, "name: "),
        ({"contacts": "owner@acme.example"}, 'contacts: "owner@acme.example": expected a list of addresses'),
        ({"contacts": []}, "contacts: nobody would be told"),
        ({"contacts": ["a@b.example", "a@b.example"]}, 'contacts[1]: "a@b.example": stands in the list twice'),
        ({"contacts": ["a@b.example\nBcc: c@d.example"]}, 'contacts[0]: "a@b.example Bcc: c@d.example": expected one'),
        ({"contacts": [f"a{n}@b.example" for n in range(51)]}, "contacts: a list: 51 addresses: at most 50"),
        ({"contcts": ["a@b.example"]}, "contcts: a list: unknown key; did you mean contacts?"),
        ({"streams": {}}, "streams: a map: expected a list of streams"),
        ({"streams": [7]}, "streams[0]: 7: expected a map with keys such as configuration_set"),
        ({"tags": {"tenant": "x"}}, 'tags.tenant: "x": the guard sets tenant itself: choose another key'),
        ({"tags": {"sesguard": "x"}}, 'tags.sesguard: "x": the guard sets sesguard itself'),
        ({"tags": {"aws:x": "1"}}, 'tags.aws:x: "aws:x": expected 1 to 128 letters'),
        ({"tags": {"k" * 129: "1"}}, "tags.kkk"),
        ({"tags": {"": "1"}}, "expected 1 to 128"),
        ({"tags": {"k": "v" * 257}}, "expected up to 256"),
        ({"tags": {"k": 42}}, "tags.k: 42: write it in quotes, as text"),
        ({"tags": {"k": "50 %"}}, 'tags.k: "50 %": expected up to 256 letters'),
        ({"tags": {f"k{n}": "" for n in range(49)}}, "tags: a map: 49 tags: at most 48 are allowed"),
        ({"tags": ["a"]}, "tags: a list: expected a map"),
    ],
)
def test_what_is_wrong_with_a_tenant_is_said_with_its_key_its_value_and_what_to_do(keys, said):
    assert said in problem_with(**keys)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"configuration_set": "a" * 65}, 'streams[0].configuration_set: "aaa'),
        ({"configuration_set": "acme.news"}, "expected 1 to 64 letters, digits, - and _"),
        ({"configuration_set": ""}, 'configuration_set: "": expected'),
        ({"account": "11112222333"}, 'account: "11112222333": expected the 12 digits'),
        ({"account": 111122223333}, "account: 111122223333: write it in quotes"),
        ({"account": "１１１１２２２２３３３３"}, "expected the 12 digits"),
        ({"region": "us-east"}, 'region: "us-east": expected a region, such as eu-west-1'),
        ({"region": "US-EAST-1"}, "expected a region"),
        ({"pool": "Main"}, 'pool: "Main": expected 1 to 64 small letters'),
        ({"pool": "main"}, 'pool: "main": no pool has that name; define it under pools'),
        ({"policy": "careful"}, 'policy: "careful": no policy has that name; define it under policies'),
        ({"overrides": {"bounce_limit": 5}}, "overrides.bounce_limit: 5: expected a fraction from 0.00001 to 0.5"),
        ({"overrides": {"bounce_limt": 0.1}}, "overrides.bounce_limt: 0.1: unknown key; did you mean bounce_limit?"),
        ({"overrides": {"cool_down": "2d"}}, 'overrides.cool_down: "2d": expected at most cool_down_at_most (1d)'),
        ({"overrides": []}, "overrides: a list: expected a map of a policy's keys"),
        ({"tls": "required"}, 'tls: "required": expected optional or require; did you mean require?'),
        ({"suppression": ["bounces"]}, 'suppression[0]: "bounces": expected bounce or complaint; did you mean bounce?'),
        ({"events": ["send", "bounce"]}, "events: a list: add complaint: the guard cannot judge a stream without"),
        ({"events": ["bounce", "complaint"]}, "events: a list: add send, or delivery"),
        ({"events": ["send", "bounce", "complaint", "open"]}, 'events[3]: "open": expected send, delivery, bounce or'),
        ({"ses_tenant": "acme ltd"}, 'ses_tenant: "acme ltd": expected up to 64 letters'),
        ({"switch": "both"}, 'switch: "both": needs ses_tenant'),
        ({"switch": "tenant"}, 'switch: "tenant": needs ses_tenant'),
        ({"switch": "set"}, 'switch: "set": expected configuration_set, tenant or both'),
        ({"alarm": "never"}, 'alarm: "never": expected on_demand or always'),
        ({"adopt": "yes"}, 'adopt: "yes": expected true or false, without quotes'),
        ({"identities": ["Acme.example"]}, 'identities[0]: "Acme.example": expected a domain in small letters'),
        ({"identities": ["acme"]}, 'identities[0]: "acme": expected a domain'),
        ({"identity": ["acme.example"]}, "unknown key; did you mean identities?"),
    ],
)
def test_what_is_wrong_with_a_stream_is_said_with_its_key_its_value_and_what_to_do(keys, said):
    assert said in stream_problem(**keys)


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ({"kind": "slak", "url": "ssm:/sesguard/x"}, "kind"),
        ({"url": "ssm:/sesguard/x"}, "channels[0].kind: is missing: expected slack, teams, webhook or sns"),
        ({"kind": "slack"}, "channels[0].url: is missing"),
        ({"kind": "slack", "url": "ssm:/other/x"}, "a secret is never written out here"),
        (
            {"kind": "slack", "url": "ssm:/sesguard/x", "token": "xoxb-1"},
            "channels[0].token: (not shown, 6 characters)",
        ),
        ({"kind": "webhook", "url": "http://hooks.example/x"}, "expected an https URL"),
        ({"kind": "webhook", "url": "https://a.example/x\r\nHost: b"}, "expected an https URL"),
        ({"kind": "webhook", "url": "https://a.example/", "secret": "hunter2"}, "channels[0].secret: (not shown, 7"),
        ({"kind": "sns", "topic": "arn:aws:sns:us-east-1:111122223333:acme"}, "whose name begins with sesguard-"),
        ({"kind": "sns", "topic": "arn:aws:sns:us-east-1:111122223333:sesguard-a.fifo"}, "standard SNS topic"),
        ("https://hooks.slack.com/services/T0/B0/secret", "channels[0]: (not shown, 45 characters)"),
    ],
)
def test_a_channel_that_cannot_be_used_is_said_without_its_secrets(channel, said):
    found = problem_with(channels=[channel])
    assert said in found
    assert not {"xoxb-1", "hunter2", "services/T0"} & set(found.split())
    assert "services" not in found


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/services/T0/B0/x", "https://a.webhook.office.example/webhookb2/x"]
)
@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_the_address_of_a_chat_is_a_secret_and_is_refused_when_written_out(kind, url):
    found = problem_with(channels=[{"kind": kind, "url": url}])
    assert f"(not shown, {len(url)} characters): expected where it is kept" in found


def test_a_tenant_with_channels_needs_no_contact():
    document = a_tenant(contacts=None, channels=[{"kind": "slack", "url": "ssm:/sesguard/acme/slack"}])
    assert registry_in(json.dumps(document), lines=True).tenants[0].contacts == ()


@pytest.mark.parametrize("name", ["a" * 64, "A-b_9"])
def test_a_name_that_ses_takes_is_taken(name):
    document = a_tenant(streams=[{"configuration_set": name, "ses_tenant": name}])
    assert registry_in(json.dumps(document), lines=True).tenants[0].streams[0].configuration_set == name


def test_tags_up_to_the_limits_of_ses_are_taken():
    tags = {f"Ключ {n}": "ö" * 256 for n in range(47)} | {"k" * 128: ""}
    assert registry_in(json.dumps(a_tenant(tags=tags)), lines=True).tenants[0].tags == tags


@pytest.mark.parametrize("key", ["policies", "pools"])
def test_names_that_mean_something_already_cannot_be_defined(key):
    name, value = {"policies": ("default", {}), "pools": ("shared", {"scaling": "managed"})}[key]
    (problem,) = problems_in(json.dumps({key: {name: value}}))
    assert str(problem) == f'line 1: {key}.{name}: "{name}": that name has a meaning already: choose another'


def test_a_policy_whose_keys_do_not_fit_together_is_refused_where_they_meet():
    (problem,) = problems_in("""\
policies: {slow: {cool_down: 12h}}
tenants:
  - id: acme
    contacts: [owner@acme.example]
    policy: slow
    streams:
      - configuration_set: acme-news
        overrides: {cool_down_at_most: 6h}
""")
    assert (problem.line, problem.key) == (8, "tenants[0].streams[0].overrides")
    assert problem.remedy == "expected at most cool_down_at_most (6h)"


def test_overrides_that_fit_only_their_named_policy_are_taken():
    registry_in("""\
policies: {slow: {cool_down_at_most: 7d}}
tenants:
  - {id: acme, contacts: [a@b.example], policy: slow, overrides: {cool_down: 2d}, streams: [{configuration_set: a}]}
""")


def test_what_is_wrong_in_the_defaults_is_said_once_however_many_streams_there_are():
    streams = "".join(f"      - configuration_set: set-{number}\n" for number in range(20))
    found = problems_in(
        "defaults: {overrides: {cool_down: 3d}, switch: both}\n"
        f"tenants:\n  - id: acme\n    contacts: [a@b.example]\n    streams:\n{streams}"
    )
    assert {each.key for each in found} == {"defaults.overrides.cool_down", "defaults.switch"}
    assert len(found) == 2


def test_a_key_that_is_wrong_brings_no_second_problem_with_it():
    found = problems_in(json.dumps(a_tenant(ses_tenant="not a name", switch="both")), lines=True)
    assert [each.key for each in found] == ["ses_tenant"]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("{id: acme, contacts: [a@b.example]}", 'id: "acme": line 3 has a tenant of that id'),
        ("{id: b, contacts: [a@b.example], streams: [{configuration_set: news}]}", "line 4 has the same stream"),
        (
            "{id: b, contacts: [a@b.example], streams: [{configuration_set: x, identities: [acme.example]}]}",
            'identities[0]: "acme.example": line 4 names it too: an identity has one default configuration set',
        ),
        (
            "{id: b, contacts: [a@b.example], streams: [{configuration_set: x, ses_tenant: acme}]}",
            'ses_tenant: "acme": line 4 (acme) has it too: an SES tenant is turned off as a whole',
        ),
    ],
)
def test_what_may_stand_only_once_names_the_line_of_the_first(second, said):
    (problem,) = problems_in(f"""\
tenants:
  -
    id: acme
    streams: [{{configuration_set: news, identities: [acme.example], ses_tenant: acme}}]
    contacts: [a@b.example]
  - {second}
""")
    assert problem.line == 6
    assert said in str(problem)


@pytest.mark.parametrize("there", [{"region": "eu-west-1"}, {"account": "444455556666"}])
def test_the_same_names_in_another_region_or_account_are_others(there):
    one = {"configuration_set": "news", "identities": ["acme.example"], "ses_tenant": "acme"}
    tenants = [a_tenant(id="a", streams=[one]), a_tenant(id="b", streams=[{**one, **there}])]
    registry_in("\n".join(map(json.dumps, tenants)), lines=True)


def test_two_streams_of_one_tenant_may_share_its_ses_tenant():
    streams = [{"configuration_set": name, "ses_tenant": "acme"} for name in ("news", "receipts")]
    registry_in(json.dumps(a_tenant(streams=streams)), lines=True)


def test_what_is_registered_beside_the_file_may_be_named_but_not_taken():
    known = registry_in(FINE)
    taken = problems_in(json.dumps(a_tenant(id="b", policy="careful")), lines=True, known=known)
    assert [each.remedy.split(" has")[0] for each in taken] == ["the registered tenant acme"]
    registry_in(json.dumps(a_tenant(policy="careful")), lines=True, known=known)  # acme's own


# ---- files that are none


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("tenants: [\n", 2, "is no YAML"),
        ("a: 1\na: 2\n", 2, "stands on line 1 already"),
        ("tenants:\n- id: a\n  id: b\n", 3, "stands on line 2 already"),
        ("a: !!python/object:os.system x\n", 1, "has a tag that means nothing here"),
        ("a: !!binary eA==\n", 1, "has a tag that means nothing here"),
        ("a: !Ref x\n", 1, "has a tag that means nothing here: !Ref"),
        ("a: 1\n---\nb: 1\n", 2, "holds a second document"),
        ("? [a]\n: 1\n", 1, "has a key that is no text"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "has a merge key <<"),
        ("a: *x\n", 1, "has an alias *x without an anchor"),
        ("a: &x [*x]\n", 1, "has an alias *x without an anchor"),
        ("[" * 100_000, 1, "is nested deeper than 20 levels"),
        ("{a: " * 100_000, 1, "is nested deeper than 20 levels"),
        ("a: \x00\n", 0, "is no YAML"),
        ("- 1\n", 1, "expected a map with keys such as defaults"),
        ("just text\n", 0, "expected a map with keys such as defaults"),
    ],
)
def test_a_yaml_file_that_cannot_be_read_says_where(text, line, said):
    found = problems_in(text)
    assert found[0].line == line
    assert said in found[0].remedy


def test_aliases_that_would_grow_beyond_all_bounds_are_refused_and_do_no_harm():
    layers = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    (problem,) = problems_in("\n".join(["l0: &l0 [1]", *layers]))
    assert "values, with aliases written out" in problem.remedy


def test_aliases_within_reason_are_read():
    registry = registry_in("""\
tenants:
  - {id: a, contacts: &team [a@b.example], streams: [{configuration_set: a}]}
  - {id: b, contacts: *team, streams: [{configuration_set: b}]}
""")
    assert [entry.contacts for entry in registry.tenants] == [("a@b.example",)] * 2


@pytest.mark.parametrize(
    ("value", "read_as"),
    [("no", "no"), ("1e-6", 1e-6), ("0123", 123), ("12:30", "12:30"), ("0x1F", "0x1F"), ("~", None), ("TRUE", True),
     ("2026-11-21", "2026-11-21"), ("1_000", "1_000"), (".5", 0.5), ("-7", -7), ("'7'", "7"), ("!!str 7", "7")],
)  # fmt: skip
def test_scalars_are_read_as_editors_and_json_have_them(value, read_as):
    assert read_yaml(f"a: {value}\n")["a"] == read_as


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('{"id": "a"', 1, "is no JSON"),
        ('\n{"id": "a", "id": "b"}', 2, "has the key id twice"),
        ('{"id": "a", "tags": {"x": "1", "x": "2"}}', 1, "has the key x twice"),
        ('{"id": NaN}', 1, "NaN is no JSON"),
        ("[" * 100_000, 1, "is no JSON"),
        ('{"pools": {}}\n{"pools": {}}', 2, "stands on line 1 already"),
        ('{"tenants": []}', 1, "write each tenant on a line of its own"),
        ("7", 1, "expected a map with keys such as id"),
    ],
)
def test_json_lines_that_cannot_be_read_say_where(text, line, said):
    found = problems_in(text, lines=True)
    assert found[0].line == line
    assert said in found[0].remedy


def test_every_line_that_is_no_json_is_said():
    assert [each.line for each in problems_in("{\n{}\n}\n", lines=True)] == [1, 3]


def test_a_file_that_is_no_utf_8_says_in_which_line():
    with pytest.raises(RegistryError, match=r"line 2: the file: is no UTF-8"):
        read("tenants:\n- {id: größe}".encode("latin-1"), HOME, lines=False)


def test_a_byte_order_mark_does_no_harm():
    assert read("\ufefftenants: []".encode(), HOME, lines=False).found.all() == ()


def test_a_file_beyond_reason_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(file, "LARGEST_FILE", 10)
    assert a_file("tenants:[]"[:10]) is not None
    with pytest.raises(RegistryError, match="has more than 10 bytes: split it"):
        a_file("tenants: []")


def test_a_tenant_that_is_too_large_for_an_item_of_dynamodb_is_refused():
    identities = [f"identity-number-{number}.of-a-tenant-with-very-many.example" for number in range(8_000)]
    streams = [{"configuration_set": "acme-news", "identities": identities}]
    (problem,) = problems_in(json.dumps(a_tenant(streams=streams)), lines=True)
    assert "make it two tenants" in problem.remedy


def test_hostile_text_is_shown_in_one_harmless_line():
    (problem,) = problems_in(json.dumps(a_tenant(**{"evil\x1b[31m\u202ekey\n": "\x1b]0;x\x07" * 99})), lines=True)
    assert str(problem).isprintable()
    assert len(str(problem)) < 700
