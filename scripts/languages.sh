# Sourced by scripts/test-clients, scripts/test-examples and scripts/test-integrations: which languages are tested, and
# against what.
#
# The script sets `known` (its languages), and defines for each of them lacks_LANGUAGE, which says what of it this
# machine lacks, or nothing, and test_LANGUAGE. It is in the folder of the project.
# shellcheck shell=bash disable=SC2154 # known: see above

me=${0##*/}
languages=() # those to test, in the order of `known` or of the arguments
left_out=()  # what is not tested, and why
is_available=false

usage() {
  sed -n '2s/^# //p' "scripts/$me" >&2
  exit 2
}

is_known() {
  [[ " ${known[*]} " == *" $1 "* ]]
}

# read_arguments ARGUMENT...: what to test, from [LANGUAGE]... [--without LANGUAGE]... [--available].
read_arguments() {
  local named=() without=() language
  while (($#)); do
    case $1 in
      --without)
        is_known "${2:-}" || usage
        without+=("$2")
        shift
        ;;
      --available) is_available=true ;;
      *)
        is_known "$1" || usage
        named+=("$1")
        ;;
    esac
    shift
  done
  ((${#named[@]})) || named=("${known[@]}")
  for language in "${named[@]}"; do
    if [[ " ${without[*]-} " == *" $language "* ]]; then
      left_out+=("$language, as asked for")
    else
      languages+=("$language")
    fi
  done
}

# install WHAT...: what scripts/setup knows by these names; where that cannot be installed it says what is missing, and with
# --available the tests go on without it.
install() {
  scripts/setup "$@" || $is_available || exit 1
}

# find_module_and_server: sets JQ_MODULE and REDIS_SERVER to whole paths, for tests that run in other folders.
find_module_and_server() {
  export JQ_MODULE=${JQ_MODULE:-$PWD/target/release/libredis_jq.so}
  if [[ ! -e $JQ_MODULE ]]; then
    echo "$me: there is no $JQ_MODULE. Please run scripts/build, or name a module in JQ_MODULE" >&2
    exit 1
  fi
  JQ_MODULE=$(realpath "$JQ_MODULE")
  if ! command -v "${REDIS_SERVER:-redis-server}" >/dev/null; then
    echo "$me: there is no ${REDIS_SERVER:-redis-server}. Please install a Redis server, or name one in REDIS_SERVER" >&2
    exit 1
  fi
  REDIS_SERVER=$(command -v "${REDIS_SERVER:-redis-server}")
  export REDIS_SERVER
}

# missing_LANGUAGE: the same as lacks_LANGUAGE, of languages that more than one script needs.
missing_node() {
  if ! command -v npm >/dev/null; then
    echo "there is no npm. Please install Node 20 or newer, with npm"
  elif ! node -e 'process.exitCode = parseInt(process.versions.node) < 20 ? 1 : 0'; then
    echo "node is $(node --version), and the tests need 20 or newer"
  fi
}

missing_python() {
  if ! command -v python3 >/dev/null; then
    echo "there is no python3. Please install Python 3.10 or newer"
  elif ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "python3 is $(python3 --version), and the tests need 3.10 or newer"
  elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "python3 has no venv. Please install it (Debian: python3-venv)"
  fi
}

# test_languages FOLDER: tests each language; exits when a test fails, or when a language that is not --available is
# missing. What was left out is said at the end.
test_languages() {
  local language lack left begun
  for language in "${languages[@]}"; do
    lack=$("lacks_$language")
    if [[ -n $lack ]] && ! $is_available; then
      echo "$me: $language: $lack (or leave it out: --without $language)" >&2
      exit 1
    elif [[ -n $lack ]]; then
      left_out+=("$language: $lack")
      continue
    fi
    begun=$SECONDS
    printf '\n== %s/%s\n' "$1" "$language"
    "test_$language"
    printf '== %s/%s: %s s\n' "$1" "$language" $((SECONDS - begun))
  done
  for left in "${left_out[@]}"; do
    printf '%s: LEFT OUT: %s\n' "$me" "$left"
  done
}
