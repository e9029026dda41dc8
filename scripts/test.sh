#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./ck test [SUITE...]: builds what each suite needs, runs it, and adds up what the reports say. The last line of all is
# "N passed, N failed, N skipped". A suite that cannot be built or that runs no test counts as one failed test.
# Reports are in build/test/SUITE*.xml (JUnit form).
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# Python ends by itself at Ctrl-C, with a status of its own: without this the next suite would follow. SIGTERM ends us as it is.
trap 'exit 130' INT

all_suites=(lint unit sim fuzz image netns soak boot)
suites=()
for argument in "$@"; do
  if [[ $argument == --newest ]]; then CK_NEWEST=1; else suites+=("$argument"); fi
done
((${#suites[@]})) || suites=("${all_suites[@]}")
for suite in "${suites[@]}"; do
  [[ " ${all_suites[*]} " == *" $suite "* ]] || ck_die "there is no suite '$suite'; the suites are: ${all_suites[*]}"
done

reports=$CK_BUILD/test
passed=0 failed=0 skipped=0
export PYTHONDONTWRITEBYTECODE=1

# "passed failed skipped" of JUnit files, as GoogleTest and pytest write them.
count_reports() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
passed = failed = skipped = 0
for path in sys.argv[1:]:
    for case in tree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None: failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun": skipped += 1
        else: passed += 1
print(passed, failed, skipped)
PYTHON
}

# A child of its own: a step that fails ends it, not the run. Its result comes back by the file.
build_for() { # SUITE
  case $1 in
    unit | sim | fuzz) ck_step "Compiling the tests ($1)" "test-$1" build_tests "ck_$1" ;;
    soak) "$CK_ROOT/scripts/build.sh" --userland-only ;;
    netns)
      "$CK_ROOT/scripts/build.sh" --userland-only
      fetch_peers
      ck_step "Compiling the probes" test-probes cmake --build "$CK_BUILD/target" --parallel "$CK_JOBS" --target probes
      ;;
    image | boot)
      "$CK_ROOT/scripts/build.sh"
      CK_PROFILE=micro "$CK_ROOT/scripts/build.sh"
      CK_PROFILE=metal "$CK_ROOT/scripts/build.sh"
      CK_ARCH=aarch64 "$CK_ROOT/scripts/build.sh"
      [[ $1 != boot ]] || fetch_peers
      ;;
  esac
}

fetch_peers() { ck_step "Fetching the peers" test-peers "$CK_ROOT/scripts/peers.sh"; }

build_tests() { # TARGET
  local key
  local -a fresh=()
  # CMake keeps what an older preset chose, its compilers above all.
  key=$(ck_hash "$CK_ROOT/CMakePresets.json")
  ck_fresh "$CK_BUILD/host/presets.stamp" "$key" || fresh=(--fresh)
  ck_with_ccache
  cmake "${fresh[@]}" --preset host -S "$CK_ROOT" "${CK_CCACHE[@]}"
  ck_mark "$CK_BUILD/host/presets.stamp" "$key"
  cmake --build "$CK_BUILD/host" --parallel "$CK_JOBS" --target "$1"
}

run_gtest() { # SUITE
  local program=$CK_BUILD/host/ck_$1
  [[ -x $program ]] || return 0 # no test file yet: counted as a failure below
  "$program" --gtest_brief=1 --gtest_output="xml:$reports/$1.xml"
}

# Several at once: tests in namespaces of their own wait more than they work, those of the image less. Some would disturb the others.
run_pytest() { # SUITE
  local status=0
  local -a at_once=()
  ls "$CK_ROOT/tests/$1"/test_*.py >/dev/null 2>&1 || return 0
  case $1 in
    netns | boot) at_once=(-n "$((2 * $(nproc) + 1))") ;;
  esac
  [[ $1 != netns ]] || pytest_to "$reports/$1.alone.xml" -m alone "$1" || status=$?
  pytest_to "$reports/$1.xml" "${at_once[@]}" -m "not alone" "$1" || status=$?
  return "$status"
}

pytest_to() { # REPORT ARGUMENT...
  local report=$1
  (cd "$CK_ROOT/tests" && /usr/bin/python3 -m pytest -q --junitxml="$report" "${@:2}")
}

# Each target replays its corpus, then looks for new ground for some seconds. One target is one test. Those seconds are of the clock, and others
# may have the processors meanwhile: a target that has come to next to nothing goes on, and fails when that does not help either.
fuzz_least=100 # executions; the slowest, fuzz_tls, has some 30 in a second
fuzz_patience=60 # seconds
fuzz_one() { # PROGRAM: its part of the report in FUZZ/NAME.xml, what there is to say on stdout
  local program=$1 name=${1##*/} log status=0 fault="" runs limit started=$SECONDS
  local -a seeds
  log=$reports/fuzz/$name.log
  mkdir -p "$reports/fuzz/$name"
  seeds=("$reports/fuzz/$name")
  [[ ! -d $CK_ROOT/tests/fuzz/corpus/$name ]] || seeds+=("$CK_ROOT/tests/fuzz/corpus/$name")
  for limit in "-max_total_time=${COREKMS_FUZZ_SECONDS:-3}" "-max_total_time=$fuzz_patience -runs=$fuzz_least"; do
    # shellcheck disable=SC2086 # words
    "$program" $limit -timeout=30 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
      -artifact_prefix="$reports/fuzz/$name." "${seeds[@]}" >"$log" 2>&1 || status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    ((status == 0 && ${runs:-0} < fuzz_least)) || break
  done
  if ((status)); then
    fault="exit status $status"
  elif ((${runs:-0} < fuzz_least)); then
    fault="executed too little: ${runs:-0} runs in $fuzz_patience s"
  fi
  {
    printf '<testcase classname="fuzz" name="%s" time="%d">' "$name" $((SECONDS - started))
    [[ -z $fault ]] || printf '<failure message="%s"/>' "$fault"
    printf '</testcase>\n'
  } >"$reports/fuzz/$name.xml"
  if [[ -n $fault ]]; then
    printf '  %s FAILED (%s); %s ends with:\n%s\n' "$name" "$fault" "${log#"$CK_ROOT"/}" "$(tail -n 25 "$log" | sed 's/^/    /')"
    return 1
  fi
  printf '  %s  %s runs\n' "$name" "$runs"
}

run_fuzz() {
  local program result=0
  local -a programs=()
  mkdir -p "$reports/fuzz"
  rm -f "$reports"/fuzz/*.xml
  for program in "$CK_BUILD"/host/fuzzers/fuzz_*; do
    if [[ -x $program && -f $CK_ROOT/tests/fuzz/${program##*/}.cc ]]; then programs+=("$program"); fi # not those of an older tree
  done
  export -f fuzz_one
  export reports fuzz_least fuzz_patience
  ((${#programs[@]} == 0)) || printf '%s\0' "${programs[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz_one "$1"' fuzz_one || result=1
  { printf '<testsuite name="fuzz">\n' && cat "$reports"/fuzz/*.xml && printf '</testsuite>\n'; } >"$reports/fuzz.xml" 2>/dev/null
  return $result
}

run_suite() { # SUITE
  case $1 in
    unit | sim) run_gtest "$1" ;;
    fuzz) run_fuzz ;;
    *) run_pytest "$1" ;;
  esac
}

# What SUITE is made of, built; says so when it fails.
prepare() { # SUITE
  local status=0
  (
    set -e
    export CK_RUN=$CK_RUN.$1
    build_for "$1"
  ) &
  wait $! || status=$?
  printf '%d\n' "$status" >"$reports/$1.built"
}

# Runs what prepare() has built, and leaves "passed failed skipped" in SUITE.counts.
judge() { # SUITE
  local suite=$1 started=$SECONDS status counts="0 0 0" p f s
  local -a written
  rm -f "$reports/$suite.xml" "$reports/$suite.alone.xml"
  printf '== %s\n' "$suite"
  status=$(<"$reports/$suite.built")
  ((status)) || { run_suite "$suite" || status=$?; }
  mapfile -t written < <(find "$reports" -maxdepth 1 "(" -name "$suite.xml" -o -name "$suite.alone.xml" ")")
  ((${#written[@]} == 0)) || counts=$(count_reports "${written[@]}") || counts="0 0 0"
  read -r p f s <<<"$counts"
  # Nothing ran, or it ended badly while its report knows of no failure (a crash): that is a failure too.
  if ((p + f == 0)) || ((status != 0 && f == 0)); then
    f=$((f + 1))
    ((p + f + s > 1)) || printf '  %s ran no test\n' "$suite"
  fi
  if ((f)) && [[ -d $reports/$suite ]]; then
    printf '  what the programs, machines and peers of a test said is in %s/MODULE/TEST, all failures in %s\n' "${reports#"$CK_ROOT"/}/$suite" \
      "$(printf '%s ' "${written[@]#"$CK_ROOT"/}")"
  fi
  printf '== %s: %d passed, %d failed, %d skipped in %s\n' "$suite" "$p" "$f" "$s" "$(ck_elapsed $((SECONDS - started)))"
  printf '%d %d %d\n' "$p" "$f" "$s" >"$reports/$suite.counts"
}

judge_all() { # SUITE...
  local suite
  for suite in "$@"; do judge "$suite"; done
}

# Of these the ones that were asked for, one after the other; what stands after "beside" runs beside them, has a processor only while nobody
# else wants it, and speaks when it is done. So what works is beside what waits, but lint, which is short: it is beside the first.
stage() { # SUITE... [beside SUITE...]
  local suite is_beside=0
  local -a processes=()
  local -a now=() beside=()
  for suite in "$@"; do
    if [[ $suite == beside ]]; then
      is_beside=1
    elif [[ " ${suites[*]} " == *" $suite "* ]]; then
      if ((is_beside)); then beside+=("$suite"); else now+=("$suite"); fi
    fi
  done
  for suite in "${now[@]}" "${beside[@]}"; do prepare "$suite"; done
  if ((${#now[@]} == 0 || ${#beside[@]} == 0)); then
    judge_all "${now[@]}" "${beside[@]}"
    return
  fi
  printf '== beside what follows: %s\n' "${beside[*]}"
  set -m # groups of their own, to be ended with us
  for suite in "${beside[@]}"; do
    (
      renice -n 19 -p "$BASHPID" >/dev/null
      judge "$suite"
    ) >"$reports/$suite.beside.log" 2>&1 </dev/null &
    processes+=("$!")
  done
  set +m
  # shellcheck disable=SC2064 # those very processes
  trap "kill -- ${processes[*]/#/-} 2>/dev/null || true" EXIT
  judge_all "${now[@]}"
  wait "${processes[@]}" || true
  trap - EXIT
  for suite in "${beside[@]}"; do cat "$reports/$suite.beside.log"; done
}

ck_need build test
mkdir -p "$reports"
rm -f "$reports"/*.counts "$reports"/*.built
stage unit sim beside lint
stage netns soak beside image fuzz
stage boot
for suite in "${suites[@]}"; do
  read -r p f s 2>/dev/null <"$reports/$suite.counts" || { p=0 f=1 s=0 && printf '  %s came to no result\n' "$suite"; }
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
