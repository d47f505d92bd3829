"""``python -m localcloud.localstack``: start the local cloud in the foreground."""

from localcloud.localstack.launcher import main

main()
