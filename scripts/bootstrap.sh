#!/usr/bin/env bash
# Installs what building and testing mdrl needs, and nothing that is there already.
#
#   scripts/bootstrap.sh            what the quick start needs
#   scripts/bootstrap.sh --tests    also the tools that only the tests use
#
# Environment: MDRL_CUDA=ON|OFF overrides the choice of profile; MDRL_TORCH_ROOT names an existing
# torch folder (the one with include/ and lib/) and skips the private Python environment.
# Exit codes: 0 done, 77 packages are missing and there is neither root nor sudo, 1 anything else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'bootstrap  %s\n' "$*" >&2; }

# bubblewrap, and python3 with it: mdrl-reward runs model-written programs behind its walls.
BUILD_PACKAGES=(build-essential cmake ninja-build pkg-config ccache mold git ca-certificates
  python3 python3-venv libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libabsl-dev prometheus-cpp-dev nlohmann-json3-dev libyaml-cpp-dev libpcre2-dev libssl-dev libxxhash-dev
  libsqlite3-dev libcli11-dev libgtest-dev libgmock-dev libbenchmark-dev libseccomp-dev bubblewrap)
# python3-grpcio, python3-protobuf: examples/custom_reward speaks the protocol from Python.
# prometheus brings promtool, prometheus-alertmanager amtool; both would start a server (see below).
TEST_PACKAGES=(clang clang-format shellcheck python3-grpcio python3-protobuf prometheus prometheus-alertmanager)

packages=("${BUILD_PACKAGES[@]}")
for argument in "$@"; do
  case "$argument" in
    --tests) packages+=("${TEST_PACKAGES[@]}") ;;
    *) say "unknown argument $argument; only --tests is known"; exit 2 ;;
  esac
done

# 1. Distribution packages.
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    missing+=("$package")
done
if ((${#missing[@]} > 0)); then
  if [[ $EUID -eq 0 ]]; then
    as_root=()
  elif command -v sudo >/dev/null; then
    as_root=(sudo)
  else
    say "these packages are missing and there is neither root nor sudo; install them and run this again:"
    say "  apt-get install --no-install-recommends ${missing[*]}"
    exit 77
  fi
  say "installing ${#missing[@]} distribution packages (usually 1 to 2 minutes)"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  # Packages of servers start them. Programs are wanted here, not servers: the distribution asks
  # policy-rc.d, where there is one (as in most containers), and 101 says no.
  policy=/usr/sbin/policy-rc.d
  made_policy=
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    made_policy=yes
  fi
  installed=0
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${missing[@]}" >/dev/null || installed=$?
  [[ -z $made_policy ]] || "${as_root[@]}" rm -f "$policy"
  ((installed == 0)) || { say "apt-get install failed ($installed)"; exit 1; }
  # Nor at the next boot, if it was this script that brought them.
  if [[ -d /run/systemd/system ]]; then
    for unit in prometheus prometheus-alertmanager; do
      [[ " ${missing[*]} " == *" $unit "* ]] || continue
      "${as_root[@]}" systemctl disable --quiet "$unit" || say "could not disable the service $unit"
    done
  fi
fi

# 2. Profile. A GPU is never needed; CUDA is chosen where a toolkit of 13.0 or newer and a GPU are there.
cuda=${MDRL_CUDA:-auto}
if [[ $cuda == auto ]]; then
  cuda=OFF
  if command -v nvcc >/dev/null && command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; then
    cuda=ON
  fi
fi
[[ $cuda == ON || $cuda == OFF ]] || { say "MDRL_CUDA is $cuda; it is ON or OFF"; exit 2; }

# 3. LibTorch, from the wheel in a private environment: the only source with full C++ headers.
CPU_WHEELS=(torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
CUDA_WHEELS=(nvidia-cublas==13.1.0.3 nvidia-cudnn-cu13==9.19.0.56 nvidia-nccl-cu13==2.28.9
  nvidia-cufft==12.0.0.61 nvidia-curand==10.4.0.35 nvidia-cusolver==12.0.4.66
  nvidia-cusparse==12.6.3.3 nvidia-cusparselt-cu13==0.8.0 nvidia-nvshmem-cu13==3.4.5
  nvidia-nvjitlink==13.0.88 nvidia-cuda-nvrtc==13.0.88 nvidia-cufile==1.15.1.6 nvidia-nvtx==13.0.85)
wheels=("${CPU_WHEELS[@]}")
[[ $cuda == ON ]] && wheels+=("${CUDA_WHEELS[@]}")

if [[ -n ${MDRL_TORCH_ROOT:-} ]]; then
  torch_root=$MDRL_TORCH_ROOT
  [[ -f $torch_root/include/ATen/core/Tensor.h ]] ||
    { say "MDRL_TORCH_ROOT=$torch_root has no include/ATen/core/Tensor.h"; exit 1; }
else
  stamp=.deps/venv/mdrl-stamp
  wanted="${wheels[*]}"
  if [[ ! -f $stamp || $(<"$stamp") != "$wanted" ]]; then
    # Debian's own interpreter, by path: another python3 on PATH may be of a version without this wheel.
    python=/usr/bin/python3
    [[ -x $python ]] || python=python3
    if [[ $cuda == ON ]]; then
      say "fetching LibTorch 2.11 with CUDA libraries (3 GB; usually 2 to 5 minutes)"
    else
      say "fetching LibTorch 2.11 (0.6 GB; usually half a minute)"
    fi
    rm -rf .deps/venv
    "$python" -m venv .deps/venv
    .deps/venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-cache-dir "${wheels[@]}"
    # These copies of other projects' headers would win over the distribution's.
    for folder in google fmt pybind11; do
      rm -rf .deps/venv/lib/python3*/site-packages/torch/include/"$folder"
    done
    printf '%s' "$wanted" >"$stamp"
  fi
  torch_root=$(echo "$PWD"/.deps/venv/lib/python3*/site-packages/torch)
fi

# 4. What CMake reads.
mkdir -p .deps
config="set(MDRL_TORCH_ROOT \"$torch_root\")
set(MDRL_CUDA $cuda)"
if [[ ! -f .deps/config.cmake || $(<.deps/config.cmake) != "$config" ]]; then
  printf '%s\n' "$config" >.deps/config.cmake
fi
say "ready: LibTorch in $torch_root, CUDA $cuda"
