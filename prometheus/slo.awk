# Completes what sloth generates. It knows no intervals, and with Prometheus's
# default each rule would read up to three days of samples every second:
#
# - A burn within an hour is judged every 2 s, to page in time.
# - Windows from two hours on, which begin with a rule of 2h, become a group of
#   their own that is evaluated once a minute.
# - The budget and other facts for dashboards are evaluated every 15 s.
#
# The alerts read only what these rules recorded, and keep the default of 1 s.
/^---$/ || /^$/ && NR < 6 {next}
/^# DO NOT EDIT/ {print "# DO NOT EDIT: change prometheus/slo.yaml and run `make slo`."; next}
/^- name: / {name = $3}
/^  rules:$/ && name ~ /-sli-recordings-/ {print "  interval: 2s"}
/^  rules:$/ && name ~ /-meta-recordings-/ {print "  interval: 15s"}
/^  - record: slo:sli_error:ratio_rate2h$/ {
  print "- name: " name "-long"
  print "  interval: 1m"
  print "  rules:"
}
{print}
