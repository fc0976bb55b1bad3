"""What commands there are: each in a module of its own, which is imported only when it is called.

A command is a function: its parameters are what its command line takes, its result is the exit code, and the docstring
of its module is its page of help. Exit codes common to the operator's commands (from ``status`` on):
3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

from typing import Final, NamedTuple

LOOK: Final = "Look"
ACT: Final = "Act"
SET_UP: Final = "Set up"
TRY: Final = "Try, without AWS"


class CliCommand(NamedTuple):
    """words: as typed. target: module and function under sesguard.cli. panel: where the list of all has it."""

    words: str
    target: str
    summary: str
    panel: str = ""


class CommandGroup(NamedTuple):
    """Commands of the same first words. about: its page of help, above the list of its commands."""

    word: str
    summary: str
    about: str
    panel: str


COMMANDS: Final = (
    CliCommand("status", "status:run", "how the guard and every stream that is not healthy stand", LOOK),
    CliCommand("watch", "watch:run", "every stream, live in the terminal; hold and resume from there", LOOK),
    CliCommand(
        "console", "console.command:run", "every stream, every incident, the account: a page of this machine", LOOK
    ),
    CliCommand("show", "stream:run", "everything on record about one stream", LOOK),
    CliCommand("explain", "explain:run", "the evidence behind a stream's last decision, and its evidence now", LOOK),
    CliCommand("incidents", "incidents:run", "what happened to streams, who did it and why", LOOK),
    CliCommand("errors", "errors:run", "of what the guard's functions failed, and its dead letters, by cause", LOOK),
    CliCommand("cost", "cost:run", "what a month's mail cost: SES's charge and the guard's own share", LOOK),
    CliCommand("report", "report:run", "a tenant's month, to send to its owner", LOOK),
    CliCommand("doctor", "doctor:run", "whether the deployment is as it has to be, and what mends it", LOOK),
    CliCommand("posture", "posture:run", "whether domains are fit to send, and which records to publish", LOOK),
    CliCommand("accounts list", "accounts:show", "the guards of all accounts and regions"),
    CliCommand("accounts check", "accounts:check", "what stands out among them"),
    CliCommand("accounts forget", "accounts:forget", "take guards off the list that are gone"),
    CliCommand("stream show", "stream:run", "everything on record about one stream"),
    CliCommand("hold", "operator:hold", "turn sending off until an operator turns it on", ACT),
    CliCommand("pause", "operator:pause", "the same as hold", ACT),
    CliCommand("release", "operator:release", "end a hold", ACT),
    CliCommand("resume", "operator:resume", "turn sending on, on probation", ACT),
    CliCommand("acknowledge", "operator:acknowledge", "say for the owner what was fixed", ACT),
    CliCommand("redrive", "redrive:run", "let dead letters come back, once what they failed of is mended", ACT),
    CliCommand("backlog list", "backlog:show", "show them"),
    CliCommand("backlog approve", "backlog:approve", "let them go ahead"),
    CliCommand("backlog dismiss", "backlog:dismiss", "let the streams be"),
    CliCommand("tenants plan", "tenants.plan:run", "what applying a file would change"),
    CliCommand("tenants apply", "tenants.apply:run", "change only what differs"),
    CliCommand("tenants status", "tenants.status:run", "how far the guard has come in making SES so"),
    CliCommand("tenants list", "tenants.list:run", "who is registered"),
    CliCommand("tenants show", "tenants.show:run", "everything about one tenant"),
    CliCommand("tenants place", "tenants.place:run", "propose an account for each new tenant"),
    CliCommand("tenants export", "tenants.export:run", "what is registered, as a file"),
    CliCommand("tenants import", "tenants.import_:run", "what is in SES already, as a file"),
    CliCommand("tenants repair", "tenants.repair:run", "make streams true again in SES"),
    CliCommand("tenants remove", "tenants.remove:run", "let tenants go"),
    CliCommand("tenants pools list", "tenants.pools:show", "show pools, their addresses and warm-up"),
    CliCommand("tenants pools assign", "tenants.pools:put", "put a dedicated address into a pool"),
    CliCommand("tenants smtp create", "tenants.smtp:create", "make SMTP credentials of a stream"),
    CliCommand("tenants smtp rotate", "tenants.smtp:rotate", "make a new password, then let go of the old one"),
    CliCommand("tenants smtp revoke", "tenants.smtp:revoke", "take them away"),
    CliCommand("notices preview", "notices.command:preview", "write every notice with sample data"),
    CliCommand("notices check", "notices.command:check", "find all that is wrong with a folder"),
    CliCommand("notices variables", "notices.command:variables", "what templates know"),
    CliCommand("notices install", "notices.command:install", "put a folder in force"),
    CliCommand("notices reset", "notices.command:reset", "go back to the built-in wording"),
    CliCommand("drill", "drill:run", "prove the deployment with SES's mailbox simulator, hop by hop", SET_UP),
    CliCommand("permissions", "permissions:run", "an IAM policy for whoever gives these commands", SET_UP),
    CliCommand("retire", "retire:run", "undo what the guard made, before its stack is deleted", SET_UP),
    CliCommand("completion", "completion:run", "what makes a shell complete these commands", SET_UP),
    CliCommand("parse", "parse:run", "show what the guard reads in files of SES events", TRY),
    CliCommand("backtest", "backtest.command:run", "replay recorded mail: what the guard would have done", TRY),
)

GROUPS: Final = (
    CommandGroup("stream", "the same as show", "Shows everything on record about one stream.", ""),
    CommandGroup(
        "accounts",
        "the guards of all accounts and regions: list, check",
        """The guards of all accounts and regions, as the central account hears of them (docs/accounts.md).""",
        LOOK,
    ),
    CommandGroup(
        "backlog",
        "pauses that wait for you because too many came within an hour",
        """Shows the pauses that wait for you, and takes your word on them.

The guard pauses only so many streams an hour by itself (HourlyPauses of template.yaml). More than that mean that
something else is wrong; then the rest wait, you are called once, and these streams send on until you say what to
do.""",
        ACT,
    ),
    CommandGroup(
        "tenants",
        "who sends, and through what: plan, apply, status, remove …",
        """The registry of tenants: what the platform wants of SES, from a file to ten thousand configured senders.""",
        SET_UP,
    ),
    CommandGroup(
        "tenants pools",
        "pools of dedicated addresses: which there are, and putting addresses into them",
        """Pools of dedicated addresses: which there are, how far addresses are warmed up, and who sends from them.""",
        "",
    ),
    CommandGroup(
        "tenants smtp",
        "SMTP credentials that send by one stream only",
        """SMTP credentials of a stream: an IAM user that sends by the stream's configuration set and as its identities.

Credentials that may name any configuration set go around a pause. These may not: SES asks IAM both for the identity
that mail is from and for the configuration set that applies to it.""",
        "",
    ),
    CommandGroup(
        "notices",
        "what notices say and how they look; your own wording",
        """What notices say and how they look: shows them, checks a platform's own wording, and puts it in force.""",
        SET_UP,
    ),
)

RENAMED: Final = {("backlog", "release"): "approve", ("backlog", "drop"): "dismiss"}
"""Words of before, and what they are called now."""
