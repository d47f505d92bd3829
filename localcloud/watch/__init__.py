"""Watches the background threads of the local cloud that others depend on.

Nobody notices a background thread that ends or is blocked, and whoever depends on it waits for ever. So each
such thread is watched (`watch`), its state is judged once a second (`judging`), what is wrong is logged as an
error, repaired where that is possible, and shown by `/_sagestep/info`.

Which threads are watched
-------------------------
Those that serve others and that nobody waits for with a deadline:

- whoever runs one of LocalStack's schedulers: SQS's queue update worker (messages that become visible), the
  one of the functions' event queues, CloudWatch's alarms;
- the pollers of event source mappings, and those of the functions' event queues (asynchronous invocations);
- the loop that starts EventBridge's scheduled rules, the workers of SNS's FIFO topics;
- the log handlers, which write what functions print;
- the workers of SageMaker: steps of pipelines, jobs, messages to queues and to EventBridge;
- the servers of endpoints: a server's end must be told to its endpoint;
- timers of ours (time limits of steps, pauses before they are tried again): what they do is tried again.

A thread of one execution of a state machine cannot be started again in the middle. Where it ends before its
execution does, the execution fails by ``States.Runtime``. Waits, heartbeats and time-outs of a state are
measured by the thread that waits, on a clock that only grows: no other thread can make them late.

Which are not watched
---------------------
- The threads of `concurrent.futures` pools (SNS and S3 notifications, invocations of functions, geospatial
  jobs): such a pool takes whatever a job raises, so its threads do not end. What a job raises is logged.
- The threads that answer requests: whoever asked sees at once that no answer comes.
- The two threads of a function's process: an invocation has a deadline of its own and ends with it.
- Threads that only free something later, such as the timer that ends an idle function.
"""

from localcloud.watch.clock import SteadyClock
from localcloud.watch.judging import State
from localcloud.watch.watch import WATCH, Beat, Watch, Watched

__all__ = ["WATCH", "Beat", "State", "SteadyClock", "Watch", "Watched"]
