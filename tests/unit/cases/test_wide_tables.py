"""A table that is too long to be read is folded, and nothing of it is lost."""

import pytest

from cases.web.content import AT_ONCE, FEW_MORE, Shown, blocks


@pytest.mark.parametrize("n", [1, AT_ONCE + FEW_MORE, AT_ONCE + FEW_MORE + 1, 2_000])
def test_what_is_folded_and_what_is_not_is_the_table(n: int) -> None:
    fields = [Shown(f"f{k}", "table", str(k), False) for k in range(n)]
    (block,) = blocks(fields)
    assert [*block.first, *block.folded] == fields
    assert bool(block.folded) == (n > AT_ONCE + FEW_MORE)
