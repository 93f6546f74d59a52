"""From the settings about notifications to the values of the engine."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.language.choose import look_up_language
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.returned import ReturnRules
from dsnlib.errors import InvalidValue
from dsnlib.policy.dsn_policy import PostmasterClass
from dsnlib.policy.profile import PROFILES
from dsnlib.policy.reporter import Reporter

if TYPE_CHECKING:
    from collections.abc import Collection

    from dsnlib.adapters.config.settings import Settings
    from dsnlib.adapters.service.tables import Tables
    from dsnlib.policy.profile import Profile

__all__ = ["build_composer", "build_profile", "build_reporter"]

# word of `notify_classes` -> class, and the field with the address of its copies
_CLASSES = {
    "bounce": (PostmasterClass.BOUNCE, "bounce_notice_recipient"),
    "delay": (PostmasterClass.DELAY, "delay_notice_recipient"),
    "2bounce": (PostmasterClass.DOUBLE_BOUNCE, "double_bounce_notice_recipient"),
    "unreported": (PostmasterClass.UNREPORTED, ""),
}
# field of the settings -> field of `RetryPolicy`
_RETRY = {
    "minimal_backoff_time": "first_wait",
    "maximal_backoff_time": "longest_wait",
    "maximal_queue_lifetime": "lifetime",
    "bounce_queue_lifetime": "null_lifetime",
}


def build_profile(settings: Settings) -> Profile:
    """Return what the site does where RFC 3461 leaves it open."""
    told = settings.notification
    is_mx = any(each.profile == "mx" for each in settings.listeners)
    profile = PROFILES[told.notify_profile or ("mx" if is_mx else "submission")]
    given = {
        name: getattr(settings.delivery, field)
        for field, name in _RETRY.items()
        if getattr(settings.delivery, field) is not None
    }
    if told.delay_warning_time is not None:
        given["warn_after"] = told.delay_warning_time or None
    retry = attrs.evolve(profile.retry, **given)
    if retry.first_wait > retry.longest_wait:
        retry = attrs.evolve(retry, longest_wait=retry.first_wait)
    classes = profile.dsn.postmaster_classes
    if told.notify_classes is not None:
        every = (_CLASSES[each][0] for each in told.notify_classes)
        classes = functools.reduce(PostmasterClass.__or__, every, PostmasterClass.NONE)
    dsn = attrs.evolve(
        profile.dsn,
        postmaster_classes=classes,
        postmaster=_whole(settings, settings.system.postmaster),
        postmasters={
            class_: address
            for class_, field in _CLASSES.values()
            if field and (address := _whole(settings, getattr(told, field))) is not None
        },
        double_bounce_senders=[_whole(settings, told.double_bounce_sender) or ""],
        confirms_cleared_delays=told.confirm_delay_cleared,
        reports_delays=told.delay_warning_time != dt.timedelta(0),
        privacy=attrs.evolve(profile.dsn.privacy, internal_domains=told.internal_domains),
    )
    return attrs.evolve(profile, dsn=dsn, retry=retry)


def build_reporter(settings: Settings) -> Reporter:
    """Return who notifies."""
    system = settings.system
    postmaster = _whole(settings, system.postmaster)
    return Reporter.parse(system.myhostname, postmaster=postmaster)


def build_composer(settings: Settings, profile: Profile, tables: Tables) -> BounceComposer:
    """Return who writes notifications; what cannot be used of templates is an error."""
    parameters = Parameters(
        {
            "myhostname": settings.system.myhostname,
            "mydomain": settings.system.mydomain,
            "smtputf8_enable": "yes" if settings.system.smtputf8_enable else "no",
            **profile.retry.template_parameters(),
        }
    )
    try:
        returns = ReturnRules(message_octets=settings.notification.bounce_size_limit)
    except InvalidValue as error:
        tables.fail("bounce_size_limit", str(error))
        returns = ReturnRules()
    library = _library(settings, parameters, tables)
    _check_languages(settings, library.languages, tables)
    return BounceComposer(
        reporter=build_reporter(settings),
        library=library,
        parameters=parameters,
        returns=returns,
    )


def _check_languages(settings: Settings, known: Collection[str], tables: Tables) -> None:
    told = settings.notification
    given = {"bounce_language": [told.bounce_language]}
    given["bounce_languages"] = list(told.bounce_languages.values())
    for name, languages in given.items():
        for each in languages:
            if look_up_language(each, known) is None:
                tables.fail(name, f"there are no texts in {each!r}; `dsnlib languages` lists them")


def _library(settings: Settings, parameters: Parameters, tables: Tables) -> TemplateLibrary:
    told = settings.notification
    if told.bounce_template_directory is None and told.bounce_template_file is None:
        return TemplateLibrary()
    # Most sites have no templates of their own.
    from dsnlib.adapters.templates import read_template_directory, read_template_file

    library = TemplateLibrary()
    if told.bounce_template_directory is not None:
        name = "bounce_template_directory"
        try:
            library, defects = read_template_directory(
                told.bounce_template_directory, parameters=parameters
            )
        except OSError as error:
            tables.fail(name, f"{told.bounce_template_directory}: {error.strerror or error}")
        else:
            for defect in defects:
                tables.fail(name, defect.message)
    if told.bounce_template_file is not None:
        templates = read_template_file(told.bounce_template_file, parameters=parameters)
        for defect in templates.defects:
            tables.fail("bounce_template_file", defect.message)
        library = attrs.evolve(library, plain=templates)
    return library


def _whole(settings: Settings, address: str | None) -> str | None:
    """Return an address with a domain."""
    if not address:
        return None
    return address if "@" in address else f"{address}@{settings.system.myorigin}"
