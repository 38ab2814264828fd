"""moto's server, in which the condition of a write and the write are one step.

moto 5.2.5 looks at `If-Match` and then writes, and its threads may change in between: of two writers
with the same condition both succeed now and then, and one of them is lost. A store must not do that.
"""

import threading

from moto.s3.responses import S3Response
from moto.server import main

put_object = S3Response.put_object
one_at_a_time = threading.Lock()


def put_object_as_one_step(self):
    with one_at_a_time:
        return put_object(self)


S3Response.put_object = put_object_as_one_step

if __name__ == "__main__":
    main()
