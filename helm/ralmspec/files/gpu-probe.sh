#!/bin/sh
# Says whether ONNX Runtime's CUDA provider can run in this container; fails if not. Without it a
# TaskManager would start, unpack 600 MB, and fail or fall back to the CPU.
set -eu

fail() {
    echo "gpu-probe: $*" >&2
    exit 1
}

command -v nvidia-smi >/dev/null 2>&1 ||
    fail "no GPU is passed into this container (gpu.runtimeClassName and gpu.resourceName choose how it is)"
nvidia-smi --list-gpus || fail "nvidia-smi finds no GPU"
missing=
for library in libcuda.so.1 libcudart.so.12 libcublas.so.12 libcublasLt.so.12 libcurand.so.10 libcufft.so.11 libcudnn.so.9; do
    ldconfig -p | grep -q "$library " || missing="$missing $library"
done
[ -z "$missing" ] || fail "the image must have CUDA 12 and cuDNN 9 (missing:$missing); is it the GPU build?"
echo "gpu-probe: CUDA can run"
