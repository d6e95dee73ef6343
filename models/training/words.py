"""The words that conversations are made of."""

GLOSSARY = {
    "mesh node": "a program that joins the mesh, owns a key pair and exchanges signed messages with its peers",
    "hub": "the node that accepts requests, keeps the registry and schedules work for the other nodes",
    "peer": "another node of the mesh that we can reach over a transport",
    "gossip": "a way to spread news in which every node tells a few random peers, so that all learn it soon",
    "heartbeat": "a small message sent at a fixed interval to show that a node is still alive",
    "quorum": "the smallest number of members that must agree before a decision counts",
    "leader": "the member that orders the writes of a replicated group",
    "election": "the vote by which a group chooses a new leader",
    "lease": "a right to hold something for a limited time",
    "shard": "one part of a data set that is split over several nodes",
    "replica": "a copy of a shard that lives on another node",
    "vector clock": "a list of counters, one per node, that tells which events happened before which",
    "crdt": "a data type whose copies can be changed apart and merged without conflict",
    "lora adapter": "a small pair of matrices that changes the behaviour of a frozen model",
    "base model": "the large frozen model that adapters are applied to",
    "hot swap": "changing the active adapter without loading the base model again",
    "kv cache": "the stored keys and values of the tokens that the model has already read",
    "token": "a piece of text that the model reads or writes in one step",
    "context window": "the largest number of tokens that the model can look at in one request",
    "embedding": "a list of numbers that stands for the meaning of a text",
    "tokenizer": "the part that cuts text into tokens and joins them again",
    "sampler": "the part that picks the next token from the scores of the model",
    "grammar": "a set of rules that the output must follow",
    "prompt": "the text that is given to the model",
    "inference engine": "the part that runs a model and returns its tokens",
    "provider": "a service that answers model requests, on this machine or far away",
    "router": "the part that chooses which node or provider serves a request",
    "rate limit": "a bound on the number of requests in a span of time",
    "backpressure": "a signal that tells a fast sender to slow down",
    "circuit breaker": "a switch that stops calls to a service that keeps failing",
    "retry budget": "a bound on the share of requests that may be repeated",
    "idempotency key": "a name for a request that lets the server see repeats",
    "key pair": "a secret key and the public key that belongs to it",
    "signature": "a proof that the owner of a key wrote a message",
    "certificate": "a signed statement that binds a name to a public key",
    "nonce": "a number that is used only once",
    "content address": "the hash of a blob, used as its name",
    "manifest": "a list of the parts of a package with their hashes",
    "actor": "an object that handles one message at a time and shares no state",
    "supervisor": "the part that starts, watches and restarts other parts",
    "mailbox": "the queue of messages that an actor has not handled yet",
    "trace": "the recorded path of one request through all parts",
    "span": "one timed step of a trace",
    "metric": "a number that is measured again and again over time",
    "latency": "the time between a request and its answer",
    "throughput": "the amount of work that is done per second",
    "nat traversal": "the craft of reaching a node behind a router",
    "relay": "a node that forwards packets for peers that cannot reach each other",
    "bootstrap node": "a well known node that newcomers contact first",
    "partition": "a state in which parts of the mesh cannot reach each other",
}

CAPITALS = {
    "France": "Paris",
    "Germany": "Berlin",
    "Italy": "Rome",
    "Spain": "Madrid",
    "Portugal": "Lisbon",
    "Austria": "Vienna",
    "Poland": "Warsaw",
    "Norway": "Oslo",
    "Sweden": "Stockholm",
    "Finland": "Helsinki",
    "Denmark": "Copenhagen",
    "Greece": "Athens",
    "Ireland": "Dublin",
    "Hungary": "Budapest",
    "Japan": "Tokyo",
    "China": "Beijing",
    "India": "New Delhi",
    "Egypt": "Cairo",
    "Kenya": "Nairobi",
    "Canada": "Ottawa",
    "Cuba": "Havana",
    "Peru": "Lima",
    "Chile": "Santiago",
    "Brazil": "Brasilia",
}

PLACES = [
    "the lab",
    "the vault",
    "the office",
    "the cellar",
    "the server room",
    "the archive",
    "the garage",
    "the tower",
]

SECRETS = ["door code", "wifi password", "project code name", "launch date", "owner name", "access word"]

SYSTEMS = [
    "You are a helpful assistant.",
    "You are a mesh node.",
    "Answer briefly.",
    "You are the hub of a mesh.",
    "Be concise and correct.",
]

WORDS = (
    "red blue green apple river stone cloud tiger mesh node hub token lamp chair north south music paper glass silver"
).split()

NOART = {"gossip", "backpressure", "latency", "throughput", "nat traversal"}

TYPES = "PERSON EMAIL PHONE ADDRESS CARD IBAN IP DATE ID URL SECRET ORG".split()

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

TYPE_NOUN = {
    "EMAIL": ["e-mail", "e-mail address"],
    "PHONE": ["phone number", "phone"],
    "ADDRESS": ["address", "home address"],
    "CARD": ["card number", "card"],
    "IBAN": ["IBAN", "bank account"],
    "IP": ["IP address"],
    "DATE": ["birth date", "start date"],
    "ID": ["ID", "customer number"],
    "URL": ["website", "home page"],
    "SECRET": ["password", "API key"],
    "ORG": ["company", "employer"],
}

POOL = (
    WORDS
    + (
        "one two three four five sun moon star tree house garden window door table bread water fire wind snow "
        "rain hill lake road bridge train ship plane wheel stone iron gold copper salt sugar milk coffee tea "
        "cup plate fork spoon cat dog horse bird fish wolf bear fox lion mouse happy quick slow small large "
        "bright dark warm cold soft loud quiet hello world ready open closed start stop wait please send "
        "check order report meeting plan team story letter number"
    ).split()
)

GREET = {"en": ("Hello", "how can I help you today?")}

THINGS = (
    "door code,budget,price,colour,owner,password,address,birthday,phone number,room,deadline,version,status,"
    "port,city,size,age,weight"
).split(",")

VERBS = "get set find send list add remove open close read write search check start stop move copy".split()

NOUNS = "weather mail file user order note task node peer model price photo song route page room key log".split()

PARAMS = "city name id path text query user limit date target value unit title body key".split()
