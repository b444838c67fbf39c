#!/usr/bin/env bash
#
# A rolling update of three shops under load: one after the other is ended by SIGTERM and started again while customers arm
# slots. A ledger in PostgreSQL says that every slot that was accepted fired exactly once: none lost, none doubled, none early.
#
# Usage: sample-app/rolling-restart.sh [rounds | --short]     (one round unless given; starts a PostgreSQL from a jar)
#
# With --short the delays are shorter and fewer slots are armed: less than a minute; the gate runs it so. Ends with 77 if
# no PostgreSQL can be started here.

set -euo pipefail
cd "$(dirname "$0")/.."

mvn -B -ntp -q ${MAVEN_ARGS-} -pl sample-app -am -DskipTests -Dspotless.check.skip test-compile \
    dependency:build-classpath -Dmdep.outputFile=target/cluster.class.path -Dmdep.includeScope=test
exec java -cp "sample-app/target/test-classes:sample-app/target/classes:$(cat sample-app/target/cluster.class.path)" \
    io.asyncslot.sample.rolling.RollingRestart "$@"
