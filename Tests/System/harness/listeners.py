"""A program for the inside of a sandbox: listens in every way that a health check may meet.

    python3 listeners.py MODE:PORT…
"""

import socket
import sys
import threading
import time

ANSWERS = {
    "ok": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "moved": b"HTTP/1.0 301 Moved\r\nLocation: /elsewhere\r\n\r\n",
    "error": b"HTTP/1.1 500 Internal Server Error\r\n\r\n",
    "garbage": b"SSH-2.0-OpenSSH_9.2\r\n\x00\xff\x1b[2J",
    "six": b"HTTP/1.1 204 No Content\r\n\r\n",
    "close": b"",
}


def answer(connection, mode):
    with connection:
        if mode in ANSWERS:
            connection.recv(4096)
            connection.sendall(ANSWERS[mode])
        elif mode == "late":
            connection.recv(4096)
            time.sleep(0.7)
            connection.sendall(ANSWERS["ok"])
        elif mode == "drip":
            # A whole answer at last, but never in time.
            for byte in b"HTTP/1.1 200 " + b"O" * 900 + b"\r\n\r\n":
                connection.sendall(bytes([byte]))
                time.sleep(0.1)
        elif mode == "flood":
            while True:
                connection.sendall(b"HTTP/1.1 200" * 5_000)
        else:
            time.sleep(3_600)


def serve(mode, port):
    family = socket.AF_INET6 if mode == "six" else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("::1" if mode == "six" else "127.0.0.1", port))
    listener.listen(16)
    while True:
        connection, _ = listener.accept()
        # A client that leaves early is what some modes are for.
        threading.Thread(target=answer, args=(connection, mode), daemon=True).start()


if __name__ == "__main__":
    threading.excepthook = lambda _: None
    for word in sys.argv[1:]:
        name, _, number = word.partition(":")
        threading.Thread(target=serve, args=(name, int(number)), daemon=True).start()
    time.sleep(1_000_000)
