from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.base.access import Viewer, checked_scope, may_read
from ingest.base.errors import BadInput

names = st.sampled_from(["public", "sales", "sales-eu", "hr", "r.d", "a_b"])


@given(st.frozensets(names), st.lists(names))
def test_the_scopes_to_open_are_exactly_those_the_rule_allows_one_by_one(
    reads: frozenset[str], there: list[str]
) -> None:
    viewer = Viewer("x", reads)
    assert viewer.readable(there) == sorted({scope for scope in there if may_read(viewer, scope)})


@given(names)
def test_a_viewer_without_scopes_reads_nothing(scope: str) -> None:
    assert not may_read(Viewer("x", frozenset()), scope)


@pytest.mark.parametrize("name", ["", "HR", "../etc", "a b", "-x", "x-", "ä", "a" * 63, "*", "%"])
def test_a_name_that_could_confuse_a_store_is_no_scope(name: str) -> None:
    with pytest.raises(BadInput):
        checked_scope(name)


@given(names)
def test_ordinary_names_are_scopes(name: str) -> None:
    assert checked_scope(name) == name
