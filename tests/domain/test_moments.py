from datetime import UTC, datetime

import pytest

from goscrobble.domain.moments import read_moment


@pytest.mark.parametrize("told", ["2016-12-31T23:59:60Z", "2017-01-01T00:59:60+01:00", "2016-12-31T23:59:60.000+00:00"])
def test_a_leap_second_is_the_second_after(told):
    assert datetime(2017, 1, 1, tzinfo=UTC) == read_moment(told)


@pytest.mark.parametrize("told", ["2016-12-31T23:59:61Z", "2016-12-31T23:60:00Z", "9999-12-31T23:59:60Z", "", "60"])
def test_what_is_no_time_is_an_error(told):
    with pytest.raises(ValueError):
        read_moment(told)
