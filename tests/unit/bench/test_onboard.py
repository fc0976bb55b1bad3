"""Three hundred tenants become configured senders through the real clients, over HTTP, within SES's limit."""

from bench.onboard import run


def test_tenants_are_set_up_with_four_calls_each_whatever_dies_and_nobody_helps():
    measured = run(300)
    assert (measured.failed, measured.sets) == (0, 300)
    assert measured.calls["PutEmailIdentityConfigurationSetAttributes"] == 300
    assert 4 * 300 <= measured.all_calls <= 4 * 300 + 10  # the death in a call, and what was looked at again for it
    assert measured.lost > 0
