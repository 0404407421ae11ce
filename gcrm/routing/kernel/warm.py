"""Compiling the kernel ahead: the set-up and the workers call this, so that the first plan does not wait."""

from __future__ import annotations

import time

import click

from gcrm.routing.kernel.jit import alone, cache_place


def warm() -> None:
    """Compile what planning needs, or read it from the cache; one process at a time fills that."""
    cache_place().mkdir(parents=True, exist_ok=True)
    with alone():
        from gcrm.routing.exact.proof import warm as warm_proof
        from gcrm.routing.solver import load

        load()
        warm_proof()


@click.command()
def main() -> None:
    """Compile the planner ahead."""
    began = time.perf_counter()
    warm()
    click.echo(f"The planner is compiled; {time.perf_counter() - began:.0f} s.", err=True)


if __name__ == "__main__":
    main()
