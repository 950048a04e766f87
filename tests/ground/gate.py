"""A door before a server of the tests: shut, whoever stands behind it is away."""

import contextlib
import selectors
import socket
import threading


class Gate:
    """Passes bytes between `port` and a server, until it is shut."""

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)
        self.open = True
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.door, selectors.EVENT_READ)
        self.links: set[socket.socket] = set()
        self.lock = threading.Lock()
        threading.Thread(target=self._pass, daemon=True).start()

    def shut(self) -> None:
        """Cut every connection and take no other."""
        with self.lock:
            self.open = False
            for link in list(self.links):
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.open = True

    def _pass(self) -> None:
        while True:
            for key, _events in self.selector.select():
                if key.fileobj is self.door:
                    self._let_in()
                else:
                    self._carry(key.fileobj, key.data)

    def _let_in(self) -> None:
        guest, _address = self.door.accept()
        with self.lock:
            if not self.open:
                guest.close()
                return
            host = socket.create_connection(self.server)
            for one, other in ((guest, host), (host, guest)):
                self.links.add(one)
                self.selector.register(one, selectors.EVENT_READ, other)

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            data = one.recv(65536)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        with self.lock:
            for link in (one, other):
                if link in self.links:
                    self.links.discard(link)
                    self.selector.unregister(link)
                    link.close()
