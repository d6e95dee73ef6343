"""Writes the trained base as GGUF, and adapters as a PEFT folder and as GGUF."""

import argparse
import json
import os
import shutil

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file

from model import CFG, IM_E, IM_S, PAD, PREFIXES, TARGETS

H = CFG["heads"]
MAP = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def permute(w, h):
    """The rows of q and k in llama.cpp's order in place of Hugging Face's."""
    return w.reshape(h, 2, w.shape[0] // h // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


TEMPLATE = (
    "{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def name(n):
    if n == "model.embed_tokens.weight":
        return "token_embd.weight"
    if n == "model.norm.weight":
        return "output_norm.weight"
    p = n.split(".")
    return f"blk.{p[2]}.{MAP['.'.join(p[3:-1])]}.{p[-1]}"


def put(w, n, a, qt):
    if a.ndim == 1 or qt == "f32":
        w.add_tensor(n, a.astype(np.float32))
    elif qt == "f16":
        w.add_tensor(n, a.astype(np.float16))
    else:
        t = gguf.GGMLQuantizationType.Q8_0
        w.add_tensor(n, gguf.quants.quantize(a.astype(np.float32), t), raw_dtype=t)


def base(sd, tok, out, qt):
    w = gguf.GGUFWriter(out, "llama")
    w.add_name("tiny-mesh")
    w.add_type(gguf.GGUFType.MODEL)
    w.add_context_length(CFG["ctx"])
    w.add_embedding_length(CFG["d"])
    w.add_block_count(CFG["layers"])
    w.add_feed_forward_length(CFG["ffn"])
    w.add_head_count(H)
    w.add_head_count_kv(H)
    w.add_layer_norm_rms_eps(CFG["eps"])
    w.add_rope_freq_base(CFG["theta"])
    w.add_rope_dimension_count(CFG["d"] // H)
    w.add_vocab_size(CFG["vocab"])
    w.add_file_type({"f16": 1, "q8_0": 7, "f32": 0}[qt])
    v = dict(tok["model"]["vocab"])
    v.update({t["content"]: t["id"] for t in tok["added_tokens"]})
    toks = [t for t, _ in sorted(v.items(), key=lambda x: x[1])]
    assert [v[t] for t in toks] == list(range(CFG["vocab"]))
    sp = {IM_S, IM_E, PAD}
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(toks)
    w.add_token_types(
        [
            gguf.TokenType.CONTROL
            if t in sp
            else gguf.TokenType.USER_DEFINED
            if t in PREFIXES
            else gguf.TokenType.NORMAL
            for t in toks
        ]
    )
    w.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in tok["model"]["merges"]])
    w.add_bos_token_id(v[IM_S])
    w.add_eos_token_id(v[IM_E])
    w.add_pad_token_id(v[PAD])
    w.add_add_bos_token(False)
    w.add_chat_template(TEMPLATE)
    for n, t in sd.items():
        a = t.float().numpy()
        a = permute(a, H) if "q_proj" in n or "k_proj" in n else a
        put(w, name(n), a, qt)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    print(out, os.path.getsize(out))


def hf_dir(sd, tok_path, out):
    os.makedirs(out, exist_ok=True)
    save_file({k: v.contiguous().half() for k, v in sd.items()}, out + "/model.safetensors", metadata={"format": "pt"})
    json.dump(
        dict(
            architectures=["LlamaForCausalLM"],
            model_type="llama",
            hidden_size=CFG["d"],
            intermediate_size=CFG["ffn"],
            num_hidden_layers=CFG["layers"],
            num_attention_heads=H,
            num_key_value_heads=H,
            vocab_size=CFG["vocab"],
            max_position_embeddings=CFG["ctx"],
            rms_norm_eps=CFG["eps"],
            rope_theta=CFG["theta"],
            hidden_act="silu",
            tie_word_embeddings=True,
            torch_dtype="float16",
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=2,
        ),
        open(out + "/config.json", "w"),
        indent=1,
    )
    shutil.copy(tok_path, out + "/tokenizer.json")
    json.dump(
        dict(
            tokenizer_class="PreTrainedTokenizerFast",
            bos_token=IM_S,
            eos_token=IM_E,
            pad_token=PAD,
            chat_template=TEMPLATE,
        ),
        open(out + "/tokenizer_config.json", "w"),
        indent=1,
    )


def lora_peft(ab, r, alpha, out):
    os.makedirs(out, exist_ok=True)
    t = {}
    for mod, (A, B) in ab.items():
        t[f"base_model.model.{mod}.lora_A.weight"] = A.half().contiguous()
        t[f"base_model.model.{mod}.lora_B.weight"] = B.half().contiguous()
    save_file(t, out + "/adapter_model.safetensors", metadata={"format": "pt"})
    json.dump(
        dict(
            peft_type="LORA",
            task_type="CAUSAL_LM",
            base_model_name_or_path="tiny-mesh",
            r=r,
            lora_alpha=alpha,
            lora_dropout=0.0,
            bias="none",
            fan_in_fan_out=False,
            inference_mode=True,
            target_modules=TARGETS,
        ),
        open(out + "/adapter_config.json", "w"),
        indent=1,
    )


def peft_to_gguf(d, out):
    """What llama.cpp's convert_lora_to_gguf.py does, without transformers."""
    c = json.load(open(d + "/adapter_config.json"))
    t = load_file(d + "/adapter_model.safetensors")
    w = gguf.GGUFWriter(out, "llama")
    w.add_type(gguf.GGUFType.ADAPTER)
    w.add_string("adapter.type", "lora")
    w.add_float32("adapter.lora.alpha", float(c["lora_alpha"]))
    for k, v in t.items():
        mod, ab = k.removeprefix("base_model.model.").removesuffix(".weight").rsplit(".", 1)
        n = name(mod + ".weight")
        a = v.float().numpy()
        if ab == "lora_B" and ("q_proj" in mod or "k_proj" in mod):
            a = permute(a, H)
        w.add_tensor(f"{n}.lora_{ab[-1].lower()}", a.astype(np.float16))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    print(out, os.path.getsize(out))


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--base", default="build/base.pt")
    ap.add_argument("--tok", default="out/tok.json")
    ap.add_argument("--out", default="out/tiny-q8_0.gguf")
    ap.add_argument("--type", default="q8_0", choices=["q8_0", "f16", "f32"])
    ap.add_argument("--hf", help="also write a Hugging Face folder here")
    a = ap.parse_args()
    sd = torch.load(a.base)
    base(sd, json.load(open(a.tok)), a.out, a.type)
    if a.hf:
        hf_dir(sd, a.tok, a.hf)
