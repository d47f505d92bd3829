"""Files of jobs and endpoints: archives, logs of containers, room on the disk."""
