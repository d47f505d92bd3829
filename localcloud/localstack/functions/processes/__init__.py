"""What runs in the functions' processes: it needs the standard library and AWS's runtime client only.

``fork_server`` is the parent of them all and forks a ``keeper`` for each execution environment, which forks
the ``function``; ``client`` is the function's end of the Runtime API, ``preloaded`` shares what the parent
has imported. `localcloud.containers.supervisor.descendants` ends what a function leaves running.
"""
