"""The small process between the local cloud and a program: it starts, isolates and ends the program.

It runs in a Python of its own with the standard library alone (`python -I -S`), so that it starts quickly.
`main` is the supervisor itself, `init` the first process of the container, `namespaces` what Linux isolates
it with, `layers` the folders that it may change, `relay` its way out of a network of its own, `descendants`
what ends its processes where there are no namespaces. `specification` is what the local cloud tells it.
"""
