# shellcheck shell=bash
# Builds libmeshllm.so, the embedded engine, once for all checkouts. Source it after common.sh.

# What the library is made from; a change of any of it is another library.
engine_key() {
    local compiler
    compiler=$(clang++ --version 2>/dev/null | head --lines=1)
    content_key scripts/sources-llama.txt scripts/tools-llama.txt Sources/CMeshLLM/include/CMeshLLM.h \
        native/meshllm/{CMakeLists.txt,exports.map} native/meshllm/*.{h,cpp} "$compiler" "$(uname --machine)"
}

# The folder where the present library is looked for: a link to the one built last.
# shellcheck disable=SC2154 # of common.sh
engine_folder() { printf '%s\n' "$cache_folder/engine"; }

# Fetches, builds and keeps the library; fails where it cannot, and says nothing where it is there.
build_engine() {
    local folder
    # shellcheck disable=SC2154 # of common.sh
    folder=$cache_folder/engine-$(engine_key)
    if [[ ! -f $folder/libmeshllm.so ]]; then
        say "Building the embedded engine (once; about five minutes)"
        mkdir --parents "$folder.partial" .build
        if ! make_engine "$folder.partial" >.build/engine.log 2>&1; then
            tail --lines=20 .build/engine.log >&2
            return 1
        fi
        mkdir --parents "$folder"
        mv "$folder.partial"/{build/libmeshllm.so,sources/LICENSE} "$folder"
        rm --recursive --force "$folder.partial"
    fi
    ln --symbolic --force --no-dereference "${folder##*/}" "$(engine_folder)"
}

# An interrupted build goes on where it was; `&&` because nothing here ends the script.
# Only the package itself is taken as sources: to make its build tools from theirs takes an hour.
make_engine() {
    local folder=$1 python
    python=$(interop_python)
    if [[ ! -d $folder/sources ]]; then
        mkdir --parents "$folder/package" &&
            "$python" -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps \
                --no-binary llama-cpp-python --dest "$folder" --requirement scripts/sources-llama.txt &&
            tar --extract --gzip --file "$folder"/*.tar.gz --directory "$folder/package" --strip-components 1 &&
            mv "$folder/package/vendor/llama.cpp" "$folder/sources" &&
            rm --recursive --force "$folder/package" "$folder"/*.tar.gz || return 1
    fi
    /usr/bin/python3 -m venv "$folder/tools" &&
        "$folder/tools/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
            --only-binary :all: --requirement scripts/tools-llama.txt &&
        PATH=$folder/tools/bin:$PATH cmake -S native/meshllm -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
            -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
            -DLLAMA_DIR="$folder/sources" -DHEADER_DIR="$PWD/Sources/CMeshLLM/include" &&
        PATH=$folder/tools/bin:$PATH nice -n 19 cmake --build "$folder/build" --parallel 2 --target meshllm
}
