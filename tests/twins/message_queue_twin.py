"""The queue of messages as numpy says it, a line a rule: the definition of the kernel `message_queue.drain`."""

import numpy as np


def drain(served, beam, capacity, *, slack, queue, steps):
    """Return the messages queued at the start and after each step, and the step after which each phone is done, or -1.

    served (T, G, P), beam (G,), capacity (T, B), queue (G, P): as for the kernel; steps: the most.
    """
    done = np.where(queue > 0, -1, 0)
    queued = [queue.sum()]
    for step in range(steps):
        if queued[-1] == 0 or (step >= len(served) and queued[-1] == queued[-1 - len(served)]):
            break
        asked = np.where(served[step % len(served)], queue, 0.0)
        carried = capacity[step % len(served)]
        of_beam = np.bincount(beam, asked.sum(axis=1), minlength=len(carried))
        share = np.ones(len(carried))
        np.divide(carried, of_beam, out=share, where=of_beam > carried * (1.0 + slack))
        queue = queue - asked * share[beam][:, None]
        done[(queue == 0) & (done < 0)] = step + 1
        queued.append(queue.sum())
    return np.array(queued), done
