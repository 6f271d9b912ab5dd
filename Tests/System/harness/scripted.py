"""A supervisor that says what a test tells it to, for what a real one does only on a bad day."""

import array
import json
import os
import socket
import threading

INTERFACE = "io.bulkhead.Supervisor."
HOSTILE = "\x1b[2J\u202ex\n\u009by"


def only_line(outcome):
    assert len(outcome.errors) == 1, outcome
    return outcome.errors[0]


def drives_no_terminal(text):
    return all(c == "\n" or (c.isprintable() and c not in "\u009b\u202e") for c in text)


class Caller:
    """One connection of a client."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""
        self.descriptors = []

    def receive(self):
        """The next call: its method without the interface, its parameters, and whether it wants more."""
        while b"\0" not in self.buffer:
            data, ancillary, _, _ = self.connection.recvmsg(1 << 16, socket.CMSG_SPACE(20))
            for _, _, content in ancillary:
                numbers = array.array("i")
                numbers.frombytes(content[: len(content) - len(content) % 4])
                self.descriptors += numbers
            if not data:
                return None
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        call = json.loads(message)
        return call["method"].removeprefix(INTERFACE), call.get("parameters", {}), call.get("more", False)

    def reply(self, parameters, continues=False, descriptor=None):
        message = {"parameters": parameters, **({"continues": True} if continues else {})}
        passed = [] if descriptor is None else [descriptor]
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", passed))]
        self.connection.sendmsg([json.dumps(message).encode() + b"\0"], rights if passed else [])

    def fail(self, name, **parameters):
        self.connection.sendall(
            json.dumps({"error": INTERFACE + name, "parameters": parameters}).encode() + b"\0")

    def raw(self, data):
        self.connection.sendall(data)

    def close(self):
        for number in self.descriptors:
            os.close(number)
        self.descriptors = []
        self.connection.close()


class Scripted:
    """Listens at `path` and gives each caller to `script`, in a thread of its own."""

    def __init__(self, path, script):
        self.path = str(path)
        self.script = script
        self.calls = []
        self.failures = []
        self.callers = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.callers.append(Caller(connection))
            threading.Thread(target=self.attend, args=self.callers[-1:], daemon=True).start()

    def attend(self, caller):
        try:
            while call := caller.receive():
                self.calls.append(call)
                self.script(caller, *call)
        except OSError:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(error)
        finally:
            caller.close()

    def stop(self):
        """From now on nobody listens, and the socket is gone."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        os.unlink(self.path)

    def hang_up(self):
        """Ends every connection that is there."""
        for caller in self.callers:
            caller.connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if os.path.exists(self.path):
            self.stop()
        assert self.failures == []
