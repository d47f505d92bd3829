"""Going through a graph in depth, the one way for all that need it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def leaving_order(roots: Iterable[str], targets: Callable[[str], Iterable[str]]) -> list[str]:
    """Bring what can be reached into the order in which a search in depth leaves it behind.

    Each comes after all that it leads to, but for what leads back to it: where an edge leads to something
    that comes later, it closes a loop.

    Parameters
    ----------
    roots
        Where the search begins, one after the other.
    targets
        Gives what one leads to, in the order that is to be gone.
    """
    left: list[str] = []
    seen: set[str] = set()
    for root in roots:
        stack = [] if root in seen else [(root, iter(targets(root)))]
        seen.add(root)
        while stack:
            name, following = stack[-1]
            target = next((each for each in following if each not in seen), None)
            if target is None:
                left.append(name)
                stack.pop()
            else:
                seen.add(target)
                stack.append((target, iter(targets(target))))
    return left
