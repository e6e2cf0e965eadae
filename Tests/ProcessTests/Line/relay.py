"""A line between two network namespaces that does to packets what bad lines do (the kernel here has no netem).

    relay.py SEED OFFICE CENTRE

makes two TUN devices of these names, which the test moves to where they belong, and carries packets from one to the
other. A TUN device has no offloading: what comes out of it are packets as they would be on a cable, with their checksums.

Each line on standard input is a JSON object with everything that is wrong with the line from now on, or `null` to change
nothing; each is answered by a line with what happened to packets so far, per direction. Without the object's

    loss, duplicate, reorder   how likely each is for a packet, 0 to 1
    delay                      of every packet, one way, in milliseconds
    rate                       bit/s in each direction, behind a queue of half a second
    dead                       directions that carry nothing: "up" (from the office), "down", or both

the line is a cable. It ends when standard input does.
"""

import errno
import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time

# linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

# Above what a device that was not told otherwise sends.
PACKET_BYTES_MAX = 65535
# What a router's queue holds, whatever the sender thinks of it.
QUEUE_SECONDS = 0.5
# How long a packet is held back so that later ones pass it.
HOLD_SECONDS = 0.03
# Packets of one direction that are taken before the other and the orders are looked at.
TURN = 64


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


class Direction:
    def __init__(self, name, source, target, dice):
        self.name = name
        self.source = source
        self.target = target
        self.dice = dice
        # When the last packet so far has left the router.
        self.free = 0.0
        # (when, number, packet) of what is on its way.
        self.under_way = []
        self.number = 0
        self.last_given = -1
        self.counts = dict.fromkeys(
            ["taken", "given", "bytes", "lost", "doubled", "overtaken", "full", "blocked", "unwritten"], 0
        )

    def happens(self, likelihood):
        # Asked only where it can: a fault that is off takes nothing from the dice of the others.
        return likelihood > 0 and self.dice.random() < likelihood

    def take(self, faults, now):
        for _ in range(TURN):
            try:
                packet = os.read(self.source, PACKET_BYTES_MAX)
            except BlockingIOError:
                return
            self.counts["taken"] += 1
            self.put(packet, faults, now)

    def put(self, packet, faults, now):
        if self.name in faults.get("dead", []):
            self.counts["blocked"] += 1
            return
        if self.happens(faults.get("loss", 0)):
            self.counts["lost"] += 1
            return
        due = now
        rate = faults.get("rate", 0)
        if rate:
            if self.free - now > QUEUE_SECONDS:
                self.counts["full"] += 1
                return
            due = self.free = max(self.free, now) + len(packet) * 8 / rate
        due += faults.get("delay", 0) / 1000
        if self.happens(faults.get("reorder", 0)):
            due += HOLD_SECONDS
        heapq.heappush(self.under_way, (due, self.number, packet))
        if self.happens(faults.get("duplicate", 0)):
            self.counts["doubled"] += 1
            heapq.heappush(self.under_way, (due, self.number, packet))
        self.number += 1

    def give(self, faults, now):
        while self.under_way and self.under_way[0][0] <= now:
            _, number, packet = heapq.heappop(self.under_way)
            if self.name in faults.get("dead", []):
                self.counts["blocked"] += 1
                continue
            if number < self.last_given:
                self.counts["overtaken"] += 1
            self.last_given = max(self.last_given, number)
            try:
                os.write(self.target, packet)
            except OSError as error:
                # The device is down, or its space is going away; another error is ours.
                if error.errno not in (errno.EIO, errno.ENOBUFS):
                    raise
                self.counts["unwritten"] += 1
                continue
            self.counts["given"] += 1
            self.counts["bytes"] += len(packet)


def orders():
    """Lines that have come; None at their end."""
    if not hasattr(orders, "rest"):
        orders.rest = b""
    data = os.read(0, 65536)
    if not data:
        return None
    *lines, orders.rest = (orders.rest + data).split(b"\n")
    return [json.loads(line) for line in lines]


def main():
    seed, office, centre = sys.argv[1:]
    devices = [open_device(office), open_device(centre)]
    # Dice of its own for each: what one direction carries does not change the other's luck.
    directions = [
        Direction("up", devices[0], devices[1], random.Random(seed + " up")),
        Direction("down", devices[1], devices[0], random.Random(seed + " down")),
    ]
    faults = {}
    while True:
        now = time.monotonic()
        for direction in directions:
            direction.give(faults, now)
        next_due = min((d.under_way[0][0] for d in directions if d.under_way), default=now + 60)
        ready, _, _ = select.select([0] + devices, [], [], max(0, next_due - time.monotonic()))
        now = time.monotonic()
        if 0 in ready:
            lines = orders()
            if lines is None:
                return
            for order in lines:
                if order is not None:
                    faults = order
                print(json.dumps({d.name: d.counts for d in directions}), flush=True)
        for direction in directions:
            if direction.source in ready:
                direction.take(faults, now)


main()
