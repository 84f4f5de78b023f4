"""The queue of messages of phones under beams of limited capacity: a fluid model, step by step."""

from typing import Any

import numpy as np

from d2c.coverage.kernels.compiling import COMPILED, kernel

Array = Any  # numpy's arrays within compiled code


@kernel(**COMPILED)
def drain(
    served_bits: Array, beam: Array, capacity: Array, slack: float, queue: Array, done: Array, queued: Array
) -> int:
    """Send the messages of phones until none is left, until a whole span carries none, or to the end of `queued`.

    served_bits (T, G, bytes) uint8: the phones served at each step of a span, which repeats. beam (G,): the beam of
    each cell; capacity (T, B): messages that a beam carries in a step; slack: share of it that a queue may exceed it
    by and still be carried. queue (G, P): messages of each phone, in place; done (G, P): steps after which the last
    one is sent, -1 unless so far; queued (N + 1,): messages queued at the start and after each step, the first given.
    Returns the number of steps.
    """
    span, beams = capacity.shape
    cells, phones = queue.shape
    share = np.empty(beams)
    for step in range(len(queued) - 1):
        if queued[step] == 0 or (step >= span and queued[step] == queued[step - span]):
            return step
        served = served_bits[step % span]
        share[:] = 0.0
        for g in range(cells):
            for p in range(phones):
                if served[g, p >> 3] & (128 >> (p & 7)):
                    share[beam[g]] += queue[g, p]
        for b in range(beams):
            carried = capacity[step % span, b]
            # exactly one where all are sent, so that the queue becomes exactly zero
            share[b] = carried / share[b] if share[b] > carried * (1.0 + slack) else 1.0
        left = 0.0
        for g in range(cells):
            for p in range(phones):
                if served[g, p >> 3] & (128 >> (p & 7)):
                    queue[g, p] -= queue[g, p] * share[beam[g]]
                if queue[g, p] == 0 and done[g, p] < 0:
                    done[g, p] = step + 1
                left += queue[g, p]
        queued[step + 1] = left
    return len(queued) - 1
