"""The child's side of the protocol of contender.ts, for Python."""

import json
import resource
import sys
import time
import traceback


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def serve(prepare):
    """`prepare(data, options)` gives (version, run); `run()` gives (result, numbers, answer).

    The last two are called after the clock has stopped: `numbers()` gives what is worth a column of its own,
    `answer(result)` gives the columns as float64 arrays, NaN for null, in the order of the spine.
    """
    # Libraries that print must not break the protocol.
    out, sys.stdout = sys.stdout, sys.stderr

    def say(said, **rest):
        out.write(json.dumps({"said": said, **rest}) + "\n")
        out.flush()

    try:
        job = json.loads(sys.argv[1])
        version, run = prepare(job["data"], job["options"])
        say("ready", version=version)
        last = None
        for line in sys.stdin:
            asked = json.loads(line)
            if asked["ask"] == "run":
                last = None
                start = time.perf_counter()
                result, numbers, answer = run()
                seconds = time.perf_counter() - start
                peak = peak_bytes()
                last = (result, answer)
                say("ran", seconds=seconds, peakBytes=peak, numbers=numbers())
            else:
                import numpy

                columns = [numpy.ascontiguousarray(c, dtype="<f8") for c in last[1](last[0])]
                with open(asked["path"], "wb") as file:
                    for column in columns:
                        file.write(column.tobytes())
                say("answered", rows=len(columns[0]) if columns else 0, columns=len(columns))
    except BaseException:  # Reported to the bench, which decides.
        say("failed", why=traceback.format_exc())
        sys.exit(1)
