"""Where coroutines of the program run, and what becomes of them when their loop does not."""

from __future__ import annotations

import asyncio
import gc

import pytest
from dsm._calling import Home


async def double(number: int) -> int:
    await asyncio.sleep(0)
    if number == 0:
        raise LookupError("nothing to double")
    return 2 * number


def test_a_blocking_caller_is_given_what_a_coroutine_gives_or_raises() -> None:
    home = Home(None)
    assert home.finish(double(21)) == 42
    with pytest.raises(LookupError, match="nothing"):
        home.finish(double(0))
    home.close()
    with pytest.raises(RuntimeError, match="closed"):
        home.finish(double(1))


def test_a_coroutine_that_is_cancelled_before_its_first_line_says_so() -> None:
    told: list[BaseException | None] = []

    async def main() -> None:
        call = Home(asyncio.get_running_loop()).begin(double(1), lambda _, error: told.append(error))
        call.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert [type(error) for error in told] == [asyncio.CancelledError]


def test_a_loop_that_ends_before_it_comes_to_a_coroutine_says_so() -> None:
    told: list[BaseException | None] = []
    event_loop = asyncio.new_event_loop()
    Home(event_loop).begin(double(1), lambda _, error: told.append(error))
    event_loop.close()
    gc.collect()
    assert [str(error) for error in told] == ["the event loop ended before it came to the end of this"]
    with pytest.raises(RuntimeError, match="is closed"):
        Home(event_loop).finish(double(1))
