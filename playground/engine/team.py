"""Threads that share the chains of a stage.

One thread leads: it runs the loop of `engine.runner` and gives out every stage of several chains; the others wait for stages. Each runs
the chains of its own share, always the same ones, so that it finds what it wrote before in its cache. The leader does not wait for a
thread that is late: it takes the chains that nobody has begun. So a run never depends on a second thread being there at all, and
what a chain computes does not depend on who computes it.

Giving out a stage takes an eighth of a microsecond; an OpenMP region for each, which is what Numba makes of a parallel loop, 0.9.

A team is an array of int64 cells, all 0 before a run, each on a cache line of its own but for those that only the leader uses.
"""

from __future__ import annotations

import numpy as np

from playground.engine.atomics import acquire, exchange, fetch_add, relax, release, rest
from playground.engine.kernel import inline
from playground.engine.vocabulary import call

#: int64 numbers of a cache line.
LINE = 8
#: Cells. TICKETS: threads that have come.  GIVEN: the turn and the stage that was given out last.  DONE: chains done in all turns.
TICKETS, GIVEN, DONE = 0, LINE, 2 * LINE
#: The leader's own cells: turns given out, chains in them, and steps done at the end.
TURN, DUE, STEPS = 3 * LINE, 3 * LINE + 1, 3 * LINE + 2
#: From here on a cell for each chain of a stage: the turn in which it was taken last.
TAKEN = 4 * LINE
#: GIVEN holds turn << STAGE_BITS | stage, and OVER at the end of the run.
STAGE_BITS, OVER = 24, -1
#: Turns of waiting before a thread rests between them: some 0.1 ms. With a fifth of that threads rested between the stages of a step
#: whenever their twin was a little late, and on a busy machine woke on the core of that twin.
SPINS = 5000
#: Turns after which the leader takes what others have not begun: less than a chain that is worth it, more than they need to see a stage.
PATIENCE = 100


def assemble(stages: np.ndarray) -> np.ndarray:
    """The team for a run of a program with these stages."""
    return np.zeros(TAKEN + LINE * int(np.max(stages[:, 1] - stages[:, 0], initial=1)), np.int64)


@inline
def waited(turns):
    """One more turn of waiting."""
    if turns < SPINS:
        relax()
    else:
        rest()
    return turns + 1


@inline
def share(number, count, threads):
    """First and last chain of a thread's share of a stage; the leader, number 0, has one of every stage."""
    return -(-number * count // threads), -(-(number + 1) * count // threads)


@inline
def run_chain(table, code, chains, F, R, k, chain):
    """The instructions of a chain, one after the other."""
    for i in range(chains[chain, 0], chains[chain, 1]):
        call(table[code[i, 0]], F, R, code[i, 1:], k)


@inline
def take(table, code, chains, stages, F, R, k, team, turn, stage, begin, end):
    """Run those of a stage's chains from begin to end that nobody has taken.

    A thread that is late may still be at a stage whose chains are all taken: their cells hold its turn or a later one."""
    for chain in range(begin, end):
        before = acquire(team, TAKEN + LINE * chain)
        if before < turn and exchange(team, TAKEN + LINE * chain, before, turn):
            run_chain(table, code, chains, F, R, k, stages[stage, 0] + chain)
            fetch_add(team, DONE, 1)


@inline
def give_out(table, code, chains, stages, F, R, k, team, stage, threads):
    """The leader's part in a stage; on return all its chains are done."""
    turn, count = team[TURN] + 1, stages[stage, 1] - stages[stage, 0]
    team[TURN] = turn
    team[DUE] += count
    release(team, GIVEN, (turn << STAGE_BITS) | stage)
    begin, end = share(0, count, threads)
    turns = 0
    while True:
        take(table, code, chains, stages, F, R, k, team, turn, stage, begin, end)
        while acquire(team, DONE) < team[DUE]:
            turns = waited(turns)
            if turns == PATIENCE:
                break
        else:
            return
        begin, end = 0, count


@inline
def follow(table, code, chains, stages, F, R, k, team, number, threads):
    """The part of every other thread, until the leader says that the run is over. number: 1 … threads - 1."""
    seen, turns = 0, 0
    while True:
        given = acquire(team, GIVEN)
        if given == OVER:
            return
        if given == seen:
            turns = waited(turns)
            continue
        seen, turns = given, 0
        stage = given & ((1 << STAGE_BITS) - 1)
        begin, end = share(number, stages[stage, 1] - stages[stage, 0], threads)
        take(table, code, chains, stages, F, R, k, team, given >> STAGE_BITS, stage, begin, end)
