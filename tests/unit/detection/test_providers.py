"""Mailbox providers: whose servers are behind a domain, and which domains serve the public."""

from __future__ import annotations

import pytest

from sesguard.detection.providers import provider_of, serves_the_public

# Well-known mailbox domains of many countries, none of which may be taken for one customer's own.
WELL_KNOWN = """freemail.hu citromail.hu abv.bg ukr.net i.ua centrum.cz post.cz azet.sk sapo.pt home.nl xs4all.nl
planet.nl hetnet.nl shaw.ca rogers.com sympatico.ca telus.net earthlink.net juno.com frontier.com optonline.net live.ca
live.com.au outlook.com.au outlook.com.br hotmail.com.br hotmail.ca hotmail.nl hotmail.be hotmail.com.ar yahoo.com.au
yahoo.com.tw yahoo.com.hk yahoo.com.sg yahoo.com.vn yahoo.co.id yahoo.com.ph yahoo.gr yahoo.se gmx.ch gmx.fr arcor.de
mynet.com nate.com 139.com 189.cn aliyun.com vip.qq.com mail.ee inbox.lv walla.co.il tutanota.com pm.me hey.com
talktalk.net blueyonder.co.uk ntlworld.com live.se live.dk hotmail.se telia.com bbox.fr neuf.fr club-internet.fr
skynet.be windowslive.com passport.com outlook.jp i.softbank.jp gmail.com icloud.com web.de t-online.de""".split()


@pytest.mark.parametrize("domain", WELL_KNOWN)
def test_a_well_known_mailbox_domain_serves_the_public(domain: str) -> None:
    assert serves_the_public(domain)


@pytest.mark.parametrize("domain", ["acme.example", "sap.com", "mit.edu", "live.acme.example", "outlook.example"])
def test_a_companys_own_domain_does_not(domain: str) -> None:
    assert not serves_the_public(domain)


@pytest.mark.parametrize(
    ("provider", "domains"),
    [
        ("google", "gmail.com googlemail.com"),
        ("microsoft", "hotmail.co.uk live.nl outlook.com msn.com"),
        ("yahoo", "yahoo.com.br aol.com ymail.com"),
        ("apple", "me.com icloud.com"),
        ("gmx", "gmx.at web.de"),
        ("", "acme.example freemail.hu"),
    ],
)
def test_domains_are_grouped_by_whose_servers_take_the_mail(provider: str, domains: str) -> None:
    assert {provider_of(domain) for domain in domains.split()} == {provider}
