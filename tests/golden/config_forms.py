"""Right values for tests/model/config_forms_test.ts, in float64 numpy: python3 config_forms.py > config_forms.json

Weights are sines, so that no file holds them: element i of tensor n is sin(12.9898 (i + 1) + 78.233 n) * 4 / sqrt(columns),
of a norm 1 + 0.1 sin(...), rounded to float32.
"""
import json
from math import erf
import numpy as np

T = 40
IDS = [(7 * t + 3) % 23 for t in range(T)]
D, H, K, F, V, L = 32, 2, 16, 24, 23, 4


def tensor(n, *shape):
    sine = np.sin(12.9898 * (np.arange(np.prod(shape)) + 1.0) + 78.233 * n).reshape(shape)
    value = 1 + 0.1 * sine if len(shape) == 1 else 4 * sine / np.sqrt(shape[1])
    return value.astype(np.float32).astype(np.float64)


def frequencies(theta, scaling):
    inv = theta ** (-np.arange(0, K, 2) / K)
    if not scaling:
        return inv
    if scaling["rope_type"] == "linear":
        return inv / scaling["factor"]
    low, high, old = scaling["low_freq_factor"], scaling["high_freq_factor"], scaling["original_max_position_embeddings"]
    out = []
    for f in inv:
        wavelength = 2 * np.pi / f
        if wavelength > old / low:
            out.append(f / scaling["factor"])
        elif wavelength < old / high:
            out.append(f)
        else:
            m = (old / wavelength - low) / (high - low)
            out.append((1 - m) * f / scaling["factor"] + m * f)
    return np.array(out)


def rotate(x, inv):  # [T, heads, K]
    angle = np.arange(T)[:, None] * inv
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., : K // 2], x[..., K // 2 :]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def attention(q, k, v, seen):
    scores = np.einsum("thk,shk->hts", q, k) / np.sqrt(K)
    scores = np.where(seen, scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("hts,shk->thk", weights, v).reshape(T, H * K)


def llama(theta, scaling=None, tied=True):
    counter = iter(range(1000))
    take = lambda *shape: tensor(next(counter), *shape)
    norm = lambda x, w: x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * w
    inv, G = frequencies(theta, scaling), 1
    embedding = take(V, D)
    x = embedding[IDS]
    for _ in range(2):
        h = norm(x, take(D))
        q, k, v = [(h @ take(n * K, D).T).reshape(T, n, K) for n in (H, G, G)]
        q, k = rotate(q, inv), rotate(k, inv)
        k, v = np.repeat(k, H // G, 1), np.repeat(v, H // G, 1)
        x = x + attention(q, k, v, np.tril(np.ones((T, T), bool))) @ take(D, H * K).T
        h = norm(x, take(D))
        gate, up = h @ take(F, D).T, h @ take(F, D).T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ take(D, F).T
    x = norm(x, take(D))
    head = embedding if tied else take(V, D)
    return (x @ head.T)[-1]


def modernbert(local, full=(160000.0, None), sliding=(10000.0, None), half=64, head=None):
    counter = iter(range(1000))
    take = lambda *shape: tensor(next(counter), *shape)
    centred = lambda x: x - x.mean(-1, keepdims=True)
    norm = lambda x, w: centred(x) / np.sqrt((centred(x) ** 2).mean(-1, keepdims=True) + 1e-5) * w
    gelu = np.vectorize(lambda x: x * (1 + erf(x / 2**0.5)) / 2)
    distance = np.abs(np.arange(T)[:, None] - np.arange(T))
    embedding = take(V, D)
    x = norm(embedding[IDS], take(D))
    for l in range(L):
        theta, scaling = sliding if l in local else full
        inv = frequencies(theta, scaling)
        h = x if l == 0 else norm(x, take(D))
        q, k, v = np.moveaxis((h @ take(3 * D, D).T).reshape(T, 3, H, K), 1, 0)
        seen = distance <= half if l in local else distance >= 0
        x = x + attention(rotate(q, inv), rotate(k, inv), v, seen) @ take(D, D).T
        both = norm(x, take(D)) @ take(2 * F, D).T
        x = x + (gelu(both[:, :F]) * both[:, F:]) @ take(D, F).T
    x = norm(x, take(D))
    if head is None:
        return x[-1]
    h = norm(gelu(x @ take(D, D).T), take(D))
    matrix, bias = (take(V, D), take(1, V)) if head == "untied" else (embedding, take(1, V))
    return (h @ matrix.T + bias[0])[-1]


LINEAR = {"rope_type": "linear", "factor": 4.0}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}
values = {
    "llama": llama(10000.0),
    "llama theta": llama(500000.0),
    "llama linear": llama(10000.0, LINEAR),
    "llama llama3": llama(500000.0, LLAMA3),
    "llama untied": llama(10000.0, tied=False),
    "bert": modernbert([1, 2]),
    "bert thetas": modernbert([1, 2], (80000.0, None), (5000.0, None)),
    "bert narrow": modernbert([1, 2], half=4),
    "bert types": modernbert([0, 3], half=4),
    "bert global": modernbert([]),
    "bert scaled": modernbert([1, 2], (160000.0, LINEAR), (10000.0, LLAMA3), half=4),
    "bert all scaled": modernbert([1, 2], (160000.0, LINEAR), (10000.0, LINEAR), half=4),
    "bert tied": modernbert([1, 2], head="tied"),
    "bert untied": modernbert([1, 2], head="untied"),
}
print(json.dumps({"ids": IDS, **{name: list(np.round(value, 12)) for name, value in values.items()}}, indent=1))
