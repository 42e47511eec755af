"""Check a proof of liabilities: python3 verify_liabilities.py [MINE.json] [TREE.csv ...]

MINE.json is your part, which you alone can download; a TREE.csv is one asset's whole tree.
"""

# fmt: off
import hashlib, hmac, json, pathlib, sys

def check(holds, why):
    if not holds:
        sys.exit(f"NOT VALID: {why}")

def packed(number):
    check(0 <= int(number) < 2**64, f"{number} is out of range")
    return int(number).to_bytes(8, "little")

def node(digest, value):
    check(len(bytes.fromhex(digest)) == 32, f"{digest} is no digest")
    return bytes.fromhex(digest) + packed(value)

def value_of(it):
    return int.from_bytes(it[32:], "little")

def parent(left, right):
    return hashlib.sha256(left + right).digest() + packed(value_of(left) + value_of(right))

def check_tree(text):
    heading, *lines = text.split()
    nodes = [node(*line.split(",")) for line in lines]
    check(len(nodes) > 2 and len(nodes) & (len(nodes) + 1) == 0, "lines are missing")
    for p, made in enumerate(map(parent, nodes[1::2], nodes[2::2])):
        check(made == nodes[p], f"line {p + 2} is not made of the two below it")
    print(f"{heading}: sum {value_of(nodes[0])}, root {nodes[0][:32].hex()}")
    return heading.partition(":")[2], nodes

def check_mine(mine, tree, nodes):
    root, own, ends = node(tree["root"], tree["total"]), {}, nodes[len(nodes) // 2 :]
    key = packed(tree["number"]) + packed(mine["account"])
    nonce = hashlib.sha256(bytes.fromhex(mine["account_nonce"]) + key).digest()
    for it in tree["leaves"]:
        index, value = int(it["index"]), it["value"]
        at = hmac.digest(nonce, packed(value) + packed(index), "sha256") + packed(value)
        own[index], place = int(value), index
        check(not nodes or [at] == ends[index : index + 1], f"leaf {index} is not there")
        for other in (node(*step) for step in it["path"]):
            at, place = parent(*((other, at) if place % 2 else (at, other))), place // 2
        check((at, place) == (root, 0), f"leaf {index} does not lead to the root")
    check(sum(own.values()) == int(tree["amount"]), "your leaves are not what you had")
    check(nodes[:1] in ([], [root]), "the file is not the tree of your proof")
    print("{asset}: {amount} of {total} is yours, root {root}".format(**tree))

if __name__ == "__main__":
    texts = [pathlib.Path(name).read_text() for name in sys.argv[1:]]
    trees = dict(check_tree(text) for text in texts if text[0] != "{")
    for mine in [json.loads(text) for text in texts if text[0] == "{"]:
        check({*trees} <= {it["number"] for it in mine["trees"]}, "the wrong tree file")
        for tree in mine["trees"]:
            check_mine(mine, tree, trees.get(tree["number"], []))
    print("valid" if texts else __doc__)
