"""Strategies of what rewrites replies: verbs, tables that filter, rules, actions.

What is drawn goes to the ends: filters that answer nonsense, that raise, that
answer later, and those that try to cross every line there is.
"""

import functools
from collections.abc import Callable

from hypothesis import strategies as st

from dsnlib.errors import LookupFailed
from dsnlib.replies.rewrite import RewriteRules
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import Table
from tests.replies.fake_tables import BrokenTable, FixedTable, FunctionTable, SlowTable
from tests.strategies import smtp_replies, status_codes, wire_texts

__all__ = ["filter_tables", "rewrite_rules", "stages", "verbs"]

Answer = Callable[[str], str | None]


@functools.cache
def stages() -> st.SearchStrategy[Stage]:
    """Every stage."""
    return st.sampled_from(Stage)


@functools.cache
def verbs() -> st.SearchStrategy[str]:
    """Commands, those that have no status too, in any case, and what is no command."""
    known = (
        *("", "*", ".", "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "VRFY", "EXPN"),
        *("AUTH", "STARTTLS", "ETRN", "RSET", "NOOP", "QUIT", "rcpt", "Mail", "ehlo", "XYZZY"),
    )
    return st.sampled_from(known)


# The answer of a pattern to what it was asked with: other classes, other codes,
# codes gone, text gone, text added.
_REWRITINGS: tuple[Answer, ...] = (
    lambda key: "4" + key[1:],
    lambda key: "5" + key[1:],
    lambda key: "2" + key[1:],
    lambda key: "3" + key[1:],
    lambda key: key.replace("5", "4", 2),
    lambda key: key.replace("4", "5", 2),
    lambda key: key.partition(" ")[2],
    lambda key: key.partition(" ")[0],
    lambda key: f"{key} and more",
    lambda key: f" \t{key}\r\n",
    lambda key: key.replace(" ", "-", 1),
    lambda key: key.replace("-", " ", 1),
    lambda key: key,
    lambda _: "",
    lambda _: None,
)


@functools.cache
def filter_tables() -> st.SearchStrategy[Table]:
    """Tables as filters have them, most of which answer something."""
    constant = st.one_of(
        wire_texts(),
        st.text(max_size=20),
        smtp_replies().map(str),
        st.tuples(status_codes(), wire_texts()).map(lambda each: f"{each[0]} {each[1]}"),
    )
    answers = st.sampled_from(_REWRITINGS) | constant.map(lambda text: lambda _: text)
    # Hypothesis' names of tables that answer are what "fired" shows.
    names = st.sampled_from(("one", "two"))
    return st.one_of(
        st.builds(FunctionTable, answers, names),
        st.builds(FunctionTable, answers, names),
        st.builds(FixedTable),
        st.builds(SlowTable, st.builds(FunctionTable, answers)),
        st.sampled_from([ValueError("no"), LookupFailed("gone"), OSError()]).map(BrokenTable),
    )


@functools.cache
def rewrite_rules(*, may_harden: bool | None = None) -> st.SearchStrategy[RewriteRules]:
    """Rules with up to two filters of each kind."""
    tables = st.lists(filter_tables(), max_size=2)
    hardens = st.booleans() if may_harden is None else st.just(may_harden)
    return st.builds(
        RewriteRules,
        adds_status=st.booleans(),
        fits_stage=st.booleans(),
        reply_filters=tables,
        status_filters=tables,
        may_harden=hardens,
        soft_bounce=st.booleans(),
    )
