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
WhyNot = Callable[[str | None], str | None]

_PARAMETERS: Final = "params"
_CALLS: Final = ("_send_email", "_send_templated_email")
# By what SES v2 answers for each mail of a bulk. An unknown set is the emulator's own to refuse.
_WORDS: Final = {
    "ACCOUNT_SENDING_PAUSED": ("AccountSendingPausedException", "Email sending is disabled for the account."),
    "CONFIGURATION_SET_SENDING_PAUSED": (
        "ConfigurationSetSendingPausedException",
        "Email sending is disabled for the configuration set.",
    ),
}


def install(why_not: WhyNot, follow: Follow) -> None:
    """Refuse what SES v2 refuses, and follow what the emulator has filed.

    `why_not(configuration_set)` is the status of a bulk's mails where nothing may be sent, else None;
    `follow(request, configuration_set, filed)` publishes what becomes of a mail.
    """
    patching.original(ses, "_error", "code message status error_type fields")
    for name in _CALLS:
        call = patching.original(ses, name, _PARAMETERS)
        patching.replace(ses, name, _PARAMETERS, _guarded(call, why_not, follow))


def _guarded(call: Callable[..., Response], why_not: WhyNot, follow: Follow) -> Callable[[Parameters], Response]:
    def guarded(params: Parameters) -> Response:
        name = ses._p(params, "ConfigurationSetName") or None
        refused = _WORDS.get(why_not(name) or "")
        if refused is not None:
            answer: Response = ses._error(*refused, 400)
            return answer
        if name is None or name not in ses_v2._config_sets:
            return call(params)
        # The emulator keeps the sets of the two APIs apart, so this one is unknown to it.
        answer = call({**params, "ConfigurationSetName": [""]})
        if answer[0] == 200:
            follow({}, name, ses._sent_emails_list()[-1])
        return answer

    return guarded
