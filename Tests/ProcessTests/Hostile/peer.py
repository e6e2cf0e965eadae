"""A peer that is not ours: ZeroMQ by pyzmq, or bare TCP, as the lines on standard input say.

Each line is one JSON object with "do"; each is answered by one JSON object on a line. Bytes are base 64.
"""

import base64
import json
import os
import socket
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

OUTCOMES = {
    zmq.EVENT_HANDSHAKE_SUCCEEDED: "succeeded",
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "refused",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "protocol",
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "closed",
    zmq.EVENT_DISCONNECTED: "disconnected",
}

context = zmq.Context()
dealers = {}


def open_dealer(order):
    dealer = context.socket(zmq.DEALER)
    dealer.linger = 0
    # When the other side has closed, there is nobody to send to.
    dealer.sndtimeo = 1000
    if order.get("server"):
        dealer.curve_serverkey = order["server"].encode()
        dealer.curve_publickey = order["public"].encode()
        dealer.curve_secretkey = order["secret"].encode()
    if order.get("routingID"):
        dealer.routing_id = order["routingID"].encode()
    monitor = dealer.get_monitor_socket(sum(OUTCOMES))
    dealer.connect("tcp://" + order["address"])
    dealers[order["peer"]] = (dealer, monitor)
    return {}


def close_dealer(order):
    dealer, _ = dealers.pop(order["peer"])
    dealer.disable_monitor()
    dealer.close()
    return {}


def outcome(order):
    """How the handshake ended, or that it has not."""
    _, monitor = dealers[order["peer"]]
    if not monitor.poll(order["seconds"] * 1000):
        return {"outcome": "nothing"}
    return {"outcome": OUTCOMES[recv_monitor_message(monitor)["event"]]}


def send(order):
    dealer, _ = dealers[order["peer"]]
    try:
        dealer.send_multipart([base64.b64decode(frame) for frame in order["frames"]])
    except zmq.Again:
        pass
    return {}


def receive(order):
    """The next message's frames; none when nothing comes in time."""
    dealer, _ = dealers[order["peer"]]
    if not dealer.poll(order["seconds"] * 1000):
        return {"frames": []}
    return {"frames": [base64.b64encode(frame).decode() for frame in dealer.recv_multipart()]}


def keys(_):
    public, secret = zmq.curve_keypair()
    return {"public": public.decode(), "secret": secret.decode()}


def tcp(order):
    """Sends bare bytes; says how many came back until the other side closed or the time was over."""
    host, port = order["address"].split(":")
    received, is_closed = 0, False
    deadline = time.monotonic() + order["seconds"]
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        try:
            connection.sendall(base64.b64decode(order["frames"][0]))
            while not is_closed and time.monotonic() < deadline:
                connection.settimeout(max(0.01, deadline - time.monotonic()))
                piece = connection.recv(65536)
                received += len(piece)
                is_closed = not piece
        except TimeoutError:
            pass
        except ConnectionError:
            is_closed = True
    return {"received": received, "isClosed": is_closed}


def flood(order):
    """Handshakes with keys that nobody knows, at a fixed rate; says how many were begun."""
    begun, start = 0, time.monotonic()
    waiting = []
    while (passed := time.monotonic() - start) < order["seconds"]:
        if begun > passed * order["perSecond"]:
            time.sleep(0.001)
            continue
        public, secret = zmq.curve_keypair()
        dealer = context.socket(zmq.DEALER)
        dealer.linger = 0
        # A refused one would otherwise try again and again by itself, beyond the rate.
        dealer.reconnect_ivl = -1
        dealer.curve_serverkey = order["server"].encode()
        dealer.curve_publickey = public
        dealer.curve_secretkey = secret
        dealer.connect("tcp://" + order["address"])
        waiting.append(dealer)
        begun += 1
        if len(waiting) > 64:
            waiting.pop(0).close()
    for dealer in waiting:
        dealer.close()
    return {"received": begun}


def crowd(order):
    """Bare connections at a fixed rate, of which every other one says these bytes and the rest nothing.

    All stay open until the time is over or the other side closes; says how many were begun.
    """
    host, port = order["address"].split(":")
    begun, start = 0, time.monotonic()
    connections = []
    while (passed := time.monotonic() - start) < order["seconds"]:
        if begun > passed * order["perSecond"]:
            time.sleep(0.001)
            continue
        begun += 1
        # The other side may refuse or end what attacks it.
        try:
            connection = socket.create_connection((host, int(port)), timeout=5)
            connections.append(connection)
            if begun % 2:
                frames = order["frames"]
                connection.sendall(base64.b64decode(frames[begun // 2 % len(frames)]))
        except OSError:
            pass
    for connection in connections:
        connection.close()
    return {"received": begun}


DOINGS = {
    "open": open_dealer, "close": close_dealer, "outcome": outcome, "send": send, "receive": receive, "keys": keys,
    "tcp": tcp, "flood": flood, "crowd": crowd,
}

for line in sys.stdin:
    order = json.loads(line)
    print(json.dumps(DOINGS[order["do"]](order)), flush=True)
# Without waiting for what is still open.
os._exit(0)
