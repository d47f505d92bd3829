"""The small process between the local cloud and a program: it starts it, isolates it and ends with it.

It runs in a Python of its own, with nothing but the standard library and no site packages: it must start
quickly. `main` is the supervisor itself, `init` the first process of the container, `namespaces` what Linux
isolates it with, `relay` its way out of a network of its own, `orphans` what ends its processes where there
are no namespaces. `specification` is what the local cloud tells it.
"""
