"""The old SES API sends through the same configuration sets, and refuses in its own words.

https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html: `AccountSendingPausedException` and
`ConfigurationSetSendingPausedException`, where SES v2 has one `SendingPausedException` for both.
Of its calls that send, SendEmail and SendTemplatedEmail are here; SendRawEmail names its set in a header of the mail.
"""

from collections.abc import Callable
from typing import Any, Final

from ministack.services import ses, ses_v2

from localcloud.gaps import patching

Parameters = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Follow = Callable[[Parameters, str, dict[str, Any]], None]

_PARAMETERS: Final = "params"
_CALLS: Final = ("_send_email", "_send_templated_email")


def install(account_may_send: Callable[[], bool], follow: Follow) -> None:
    """`follow(request, configuration_set, filed)` publishes what becomes of a mail that the emulator has filed."""
    patching.original(ses, "_error", "code message status error_type fields")
    for name in _CALLS:
        call = patching.original(ses, name, _PARAMETERS)
        patching.replace(ses, name, _PARAMETERS, _guarded(call, account_may_send, follow))


def _guarded(
    call: Callable[..., Response], account_may_send: Callable[[], bool], follow: Follow
) -> Callable[[Parameters], Response]:
    def guarded(params: Parameters) -> Response:
        name = ses._p(params, "ConfigurationSetName")
        stored = ses_v2._config_sets.get(name)
        if not account_may_send():
            return _refused("AccountSendingPausedException", "Email sending is disabled for the account.")
        if stored is not None and not stored.get("SendingOptions", {}).get("SendingEnabled", True):
            message = f"Email sending is disabled for the configuration set <{name}>."
            return _refused("ConfigurationSetSendingPausedException", message)
        if stored is None:
            return call(params)
        # The emulator keeps the sets of the two APIs apart, so this one is unknown to it.
        answer = call({**params, "ConfigurationSetName": [""]})
        if answer[0] == 200:
            follow({}, name, ses._sent_emails_list()[-1])
        return answer

    return guarded


def _refused(code: str, message: str) -> Response:
    answer: Response = ses._error(code, message, 400)
    return answer
