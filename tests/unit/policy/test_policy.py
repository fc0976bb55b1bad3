"""A policy: the design's defaults, what overlays them, and the numbers of one weighing."""

from __future__ import annotations

import json

from sesguard.policy import Policy, policy_from


def test_a_policy_overlays_another() -> None:
    base = Policy(bounce_limit=0.03)
    assert policy_from({"complaint_limit": 0.002}, base) == Policy(bounce_limit=0.03, complaint_limit=0.002)


def test_the_limits_of_probation_are_stricter() -> None:
    usual, probation = Policy().limits(probation=False), Policy().limits(probation=True)
    assert probation.bound < usual.bound
    assert (probation.credit_bounce, probation.credit_complaint) == (20, 200)
    assert (usual.credit_bounce, usual.credit_complaint) == (50, 500)
    assert (probation.credit_bounce_growth, probation.credit_complaint_growth, probation.long_days) == (0, 0, 0)


def test_the_defaults_survive_a_round_through_json() -> None:
    assert policy_from(json.loads(json.dumps({"bounce_limit": 0.05, "strikes_to_hold": 4}))) == Policy()
