"""Zones for the cases of a posture, and identities of SES as they may stand."""

from __future__ import annotations

from typing import Any

from sesguard.posture.identity import SesIdentity
from tests.fakes.dns_server import Zone

TOKENS = ("tokena", "tokenb", "tokenc")
REGION = "eu-west-1"


def rsa_key(bits: int) -> str:
    """A public key in base64, as a TXT record has it."""
    import base64

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    public = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


KEY = rsa_key(2048)


def a_domain(domain: str = "acme.example", dmarc: str = "v=DMARC1; p=none", *, dkim: bool = True) -> Zone:
    """A domain with mail, SPF, Easy DKIM and a policy ("" for none)."""
    zone: Zone = {
        (domain, "A"): ["192.0.2.1"],
        (domain, "MX"): [f"10 mx.{domain}"],
        (domain, "TXT"): ["v=spf1 mx -all"],
        (f"mx.{domain}", "A"): ["192.0.2.2"],
        ("amazonses.com", "TXT"): ["v=spf1 ip4:199.255.192.0/22 -all"],
        (f"bounce.{domain}", "MX"): [f"10 feedback-smtp.{REGION}.amazonses.com"],
        (f"bounce.{domain}", "TXT"): ["v=spf1 include:amazonses.com ~all"],
    }
    if dmarc:
        zone[f"_dmarc.{domain}", "TXT"] = [dmarc]
    if dkim:
        for token in TOKENS:
            zone[f"{token}._domainkey.{domain}", "CNAME"] = [f"{token}.dkim.amazonses.com"]
            zone[f"{token}.dkim.amazonses.com", "TXT"] = [f"p={KEY}"]
    return zone


def an_identity(name: str = "acme.example", **changes: Any) -> SesIdentity:
    """A domain that is verified and signs, without a custom MAIL FROM."""
    given = {
        "verified": True,
        "verification": "SUCCESS",
        "dkim_signing": "@" not in name,
        "dkim_status": "SUCCESS" if "@" not in name else "NOT_STARTED",
        "dkim_tokens": TOKENS if "@" not in name else (),
        "region": REGION,
        "default_set": "acme-news",
    }
    return SesIdentity(name=name, **{**given, **changes})
