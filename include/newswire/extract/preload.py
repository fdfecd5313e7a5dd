"""For the fork server only, which takes modules to import and nothing to call: importing this warms the process.

The processes that it forks are warm then, also each that replaces one that a page has killed. Nothing
here may start a thread: a lock that it holds would stay locked in them.
"""

from newswire.extract.warm_start import warm

warm()
