"""The kernel of the message queue against its twin in numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from message_queue_twin import drain as twin

from d2c.coverage.kernels.message_queue import drain

STEPS, SLACK = 40, 1e-9


@st.composite
def cases(draw):
    steps, cells, phones, beams = (draw(st.integers(1, most)) for most in (8, 5, 9, 3))
    amount = st.integers(0, 50).map(float)
    return (
        draw(arrays.arrays(bool, (steps, cells, phones))),
        np.array(draw(st.lists(st.integers(0, beams - 1), min_size=cells, max_size=cells))),
        draw(arrays.arrays(float, (steps, beams), elements=st.one_of(amount, st.just(np.inf)))),
        draw(arrays.arrays(float, (cells, phones), elements=amount)),
    )


@pytest.mark.parametrize("queue_of", [drain, drain.py_func], ids=["compiled", "plain"])
@settings(deadline=None)
@given(case=cases())
def test_the_kernel_is_its_twin(queue_of, case):
    served, beam, capacity, queue = case
    wanted, wanted_done = twin(served, beam, capacity, slack=SLACK, queue=queue, steps=STEPS)
    left, done, queued = queue.copy(), np.where(queue > 0, -1, 0), np.zeros(STEPS + 1)
    queued[0] = queue.sum()
    played = queue_of(np.packbits(served, axis=-1), beam, capacity, SLACK, left, done, queued)
    np.testing.assert_allclose(queued[: played + 1], wanted, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(done, wanted_done)
    assert left.sum() == pytest.approx(wanted[-1], abs=1e-12)
