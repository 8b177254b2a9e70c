"""Numbers written so that they tell nothing."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.permutations import Permutation

NUMBERS, KEYS = st.integers(0, 2**64 - 1), st.binary(min_size=16, max_size=32)


@given(KEYS, NUMBERS)
def test_who_has_the_key_can_undo_it(key, number):
    mixed = Permutation(key).mixed(number)
    assert 0 <= mixed < 2**64
    assert Permutation(key).unmixed(mixed) == number


def test_numbers_in_a_row_tell_nothing_of_their_order_or_distance():
    mixed = [Permutation(b"a key of thirty-two bytes at all").mixed(number) for number in range(1, 2000)]
    assert len(set(mixed)) == len(mixed)
    distances = {(after - before) % 2**64 for before, after in pairwise(mixed)}
    assert len(distances) == len(mixed) - 1
    rising = sum(after > before for before, after in pairwise(mixed))
    assert 900 < rising < 1100
    assert 900 < sum(number.bit_count() & 1 for number in mixed) < 1100


def test_another_key_writes_other_numbers():
    assert Permutation(b"a" * 32).mixed(1) != Permutation(b"b" * 32).mixed(1)


def test_it_never_changes():
    assert f"{Permutation(bytes(32)).mixed(1):016x}" == "7670833dc0f87411"
