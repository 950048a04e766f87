"""The threads that send a batch: one while a provider answers at once, more while it takes time.

Threads that wait for the interpreter cost more than they bring when the other side is fast; when
it is slow, all messages of a batch must be on their way at the same time.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import count
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
PATIENCE_S = 0.02  # what lasts longer gets twice as many hands


class Crew(Generic[Job, Result]):
    """Up to `most` threads that do `work` on jobs; one batch at a time."""

    def __init__(self, work: Callable[[Job], Result], most: int) -> None:
        self.work, self.most, self.hands = work, most, 1
        self.pool = ThreadPoolExecutor(most, thread_name_prefix="messages")

    def start(self, jobs: Sequence[Job]) -> Callable[[], list[Result]]:
        """Begin a batch; what comes back waits for it and returns the results in order."""
        results: dict[int, Result] = {}
        turns = count()

        def pull() -> None:
            while (turn := next(turns)) < len(jobs):
                results[turn] = self.work(jobs[turn])

        started = time.monotonic()
        hands = [self.pool.submit(pull) for _ in jobs[: self.hands]]

        def finished() -> list[Result]:
            most = min(len(jobs), self.most)
            while wait(hands, PATIENCE_S if len(hands) < most else None).not_done:
                more = min(len(hands), most - len(hands))
                hands.extend([self.pool.submit(pull) for _ in range(more)])
            if jobs:
                self._learn(hands, time.monotonic() - started)
            return [results[turn] for turn in range(len(jobs))]

        return finished

    def _learn(self, hands: Sequence[Future[None]], took_s: float) -> None:
        """The next batch begins with as many as this one needed."""
        for hand in hands:
            hand.result()
        if took_s > PATIENCE_S:
            self.hands = max(self.hands, len(hands))
        else:
            self.hands = max(1, self.hands // 2)
