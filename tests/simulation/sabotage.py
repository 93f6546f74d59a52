"""Faults to put into the library on purpose: each breaks one of its rules.

Rules.
- A fault replaces what has the rule, and leaves all else as it is.
- Its docstring says what the library does then.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from dsnlib import (
    Action,
    Disposition,
    Envelope,
    MailParameters,
    Notify,
    Privacy,
    RcptParameters,
)
from dsnlib.policy import draft, expand, notify, relay, schedule, settle, table
from tests.simulation import client, door, mta

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib import DeliveryOutcome, DsnPolicy
    from dsnlib.policy.table import Case, Verdict

__all__ = [
    "a_list_answers_notifications",
    "a_list_is_an_expansion",
    "a_list_passes_on_what_was_asked",
    "a_lost_connection_is_a_failure",
    "a_route_is_answered",
    "absent_notify_is_made_up",
    "each_delay_is_told",
    "envid_is_dropped",
    "everyone_is_named",
    "everyone_is_sent_dsn",
    "handed_on_is_told",
    "never_is_passed_over",
    "nobody_counts_systems",
    "nobody_gives_up",
    "notices_answer_notices",
    "one_alias_hides_another",
    "one_of_several_is_told",
    "orcpt_is_written_anew",
    "privacy_is_passed_over",
    "reasons_are_not_kept",
    "relayed_is_not_told",
    "success_alone_brings_failures",
    "success_survives_an_alias",
    "the_null_path_is_told",
    "what_is_not_told_is_forgotten",
]

Patch = pytest.MonkeyPatch


def _row(patch: Patch, disposition: Disposition, **change: Any) -> None:  # noqa: ANN401  any field
    rows = {**table.DISPOSITIONS}
    rows[disposition] = attrs.evolve(rows[disposition], **change)
    patch.setattr(table, "DISPOSITIONS", rows)


def _wrap_judge(patch: Patch, change: Callable[[Case], Case]) -> None:
    real = table.judge

    def judge(case: Case, policy: DsnPolicy, **more: bool) -> Verdict:
        return real(change(case), policy, **more)

    patch.setattr(notify, "judge", judge)


def handed_on_is_told(patch: Patch) -> None:
    """What the next system answers for is told as relayed."""
    _row(patch, Disposition.HANDED_ON, event=Notify.SUCCESS)


def relayed_is_not_told(patch: Patch) -> None:
    """What goes to a system without DSN is told by nobody."""
    _row(patch, Disposition.RELAYED, event=None)


def a_list_is_an_expansion(patch: Patch) -> None:
    """Delivery is told in the word for aliases."""
    _row(patch, Disposition.DELIVERED, action=Action.EXPANDED)


def never_is_passed_over(patch: Patch) -> None:
    """NEVER counts as no NOTIFY."""
    _wrap_judge(patch, lambda case: case if case.notify else attrs.evolve(case, notify=None))


def success_alone_brings_failures(patch: Patch) -> None:
    """NOTIFY=SUCCESS is read as if it had FAILURE too."""
    _wrap_judge(
        patch,
        lambda case: attrs.evolve(
            case, notify=case.notify | Notify.FAILURE if case.notify else case.notify
        ),
    )


def each_delay_is_told(patch: Patch) -> None:
    """A queue forgets that it has told of a delay."""
    patch.setattr(schedule.QueueHistory, "notified", lambda self, *_, **__: self)


def the_null_path_is_told(patch: Patch) -> None:
    """A message without a return path is answered to the postmaster as if he had sent it."""
    patch.setattr(draft, "_path_of", lambda *_: draft.ReturnPath.ORDINARY)
    patch.setattr(Envelope, "return_path", property(lambda self: self.sender or "ann@a.example"))


def a_route_is_answered(patch: Patch) -> None:
    """A source route is not taken off the return path."""
    patch.setattr(Envelope, "return_path", property(lambda self: self.sender))


def notices_answer_notices(patch: Patch) -> None:
    """A postmaster is told of another's notice."""
    patch.setattr(draft.Drafts, "_is_own", lambda *_: False)


def a_list_answers_notifications(patch: Patch) -> None:
    """The copies of a notification have the owner's return path."""
    real = expand._Part.copy_of

    def copy(self: Any, found: Any) -> Envelope:  # noqa: ANN401  whatever it is
        return attrs.evolve(real(self, found), sender=found.owner or "")

    patch.setattr(expand._Part, "copy_of", copy)


def success_survives_an_alias(patch: Patch) -> None:
    """Every target of an alias is asked to tell of success."""
    patch.setattr(expand, "_without_success", lambda params: params)


def one_alias_hides_another(patch: Patch) -> None:
    """Of two recipients that lead to one address, one is forgotten."""

    def keep(self: Any, recipient: Any) -> None:  # noqa: ANN401  the same
        self.kept.setdefault((recipient.address, recipient.params), recipient)

    patch.setattr(expand._Part, "_keep", keep)


def a_list_passes_on_what_was_asked(patch: Patch) -> None:
    """The copies of a list have RET and ENVID of the post."""
    real = expand._Part.copy_of

    def copy(self: Any, found: Any) -> Envelope:  # noqa: ANN401  the same
        return attrs.evolve(real(self, found), mail=self._envelope.mail)

    patch.setattr(expand._Part, "copy_of", copy)


def orcpt_is_written_anew(patch: Patch) -> None:
    """ORCPT goes on in lower case."""
    real = RcptParameters.to_options

    def to_options(self: RcptParameters, *, smtputf8: bool = False) -> list[str]:
        return [option.lower() for option in real(self, smtputf8=smtputf8)]

    patch.setattr(RcptParameters, "to_options", to_options)


def envid_is_dropped(patch: Patch) -> None:
    """ENVID stays behind."""
    real = MailParameters.to_options

    def to_options(self: MailParameters, *, smtputf8: bool = False) -> list[str]:
        return real(attrs.evolve(self, envid=None), smtputf8=smtputf8)

    patch.setattr(MailParameters, "to_options", to_options)


def absent_notify_is_made_up(patch: Patch) -> None:
    """Where there is no NOTIFY, FAILURE is asked for."""
    real = relay._Planner._rcpt_options

    def rcpt_options(self: Any, recipient: Any, *, smtputf8: bool) -> tuple[str, ...]:  # noqa: ANN401  the same
        options = real(self, recipient, smtputf8=smtputf8)
        is_absent = self._hop.dsn and recipient.params.notify is None
        return ("NOTIFY=FAILURE", *options) if is_absent else options

    patch.setattr(relay._Planner, "_rcpt_options", rcpt_options)


def everyone_is_sent_dsn(patch: Patch) -> None:
    """A server without DSN gets the parameters."""

    def rcpt_options(_: Any, recipient: Any, *, smtputf8: bool) -> tuple[str, ...]:  # noqa: ANN401  the same
        return tuple(recipient.params.to_options(smtputf8=smtputf8))

    patch.setattr(relay._Planner, "_rcpt_options", rcpt_options)


def a_lost_connection_is_a_failure(patch: Patch) -> None:
    """Who hangs up has refused."""
    real = settle._Settler._lost

    def lost(self: Any, *args: Any) -> DeliveryOutcome:  # noqa: ANN401  the same
        return attrs.evolve(real(self, *args), disposition=Disposition.FAILED)

    patch.setattr(settle._Settler, "_lost", lost)


def nobody_gives_up(patch: Patch) -> None:
    """A queue tries for ever."""
    real = schedule.plan_attempt

    def plan_attempt(*args: Any, now: dt.datetime, **more: Any) -> schedule.AttemptPlan:  # noqa: ANN401  passed on
        return attrs.evolve(
            real(*args, now=now, **more),
            verdict=schedule.RetryVerdict.RETRY,
            next_attempt=now + dt.timedelta(hours=9),
        )

    patch.setattr(mta, "plan_attempt", plan_attempt)


def nobody_counts_systems(patch: Patch) -> None:
    """A message may pass any number of systems."""
    real = door.make_door

    def make_door(*args: Any, is_full: bool, **more: Any) -> door.Door:  # noqa: ANN401  passed on
        return real(*args, is_full=is_full and False, **more)

    patch.setattr(client, "make_door", make_door)


def privacy_is_passed_over(patch: Patch) -> None:
    """Where an alias leads to is told."""
    patch.setattr(Privacy, "hides_words_of", lambda *_: False)


def everyone_is_named(patch: Patch) -> None:
    """A report has one recipient more than it is about."""
    real = notify._merged

    def merged(members: Any) -> Any:  # noqa: ANN401  passed on
        (index, outcome, verdict), *_ = members
        recipient = attrs.evolve(outcome.recipient, address="eve@d.example", expanded_from=None)
        return [*real(members), (index, attrs.evolve(outcome, recipient=recipient), verdict)]

    patch.setattr(notify, "_merged", merged)


def one_of_several_is_told(patch: Patch) -> None:
    """A report leaves out all but its first recipient."""
    real = notify._merged
    patch.setattr(notify, "_merged", lambda members: real(members)[:1])


def reasons_are_not_kept(patch: Patch) -> None:
    """What is withheld has no trail."""
    real = draft.Drafts.withhold

    def withhold(self: Any, outcomes: Any, _: Any, *, is_owed: bool) -> None:  # noqa: ANN401  the same
        real(self, outcomes, (), is_owed=is_owed)

    patch.setattr(draft.Drafts, "withhold", withhold)


def what_is_not_told_is_forgotten(patch: Patch) -> None:
    """Nothing is withheld: it is dropped."""
    patch.setattr(draft.Drafts, "withhold", lambda *_, **__: None)
