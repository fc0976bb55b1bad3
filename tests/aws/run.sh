#!/bin/sh
# Tries on AWS what docs/aws-assumptions.md assumes, with a stack of its own, and removes everything: `make test-aws`.
set -u
: "${SESGUARD_TEST_SENDER:?an address that SES has verified in this account and region}"
export SESGUARD_TEST_AWS=1 SESGUARD_TEST_STACK=sesguard-test

remove() {
	.venv/bin/sesguard retire --stack-name "$SESGUARD_TEST_STACK" --leave-off --yes
	tables=$(aws cloudformation list-stack-resources --stack-name "$SESGUARD_TEST_STACK" --output text \
		--query "StackResourceSummaries[?ResourceType=='AWS::DynamoDB::Table'].PhysicalResourceId")
	.venv-sam/bin/sam delete --stack-name "$SESGUARD_TEST_STACK" --no-prompts
	for table in $tables; do # those that outlive the stack
		aws dynamodb delete-table --table-name "$table" >/dev/null 2>&1
	done
}
trap remove EXIT
trap 'exit 130' INT TERM

.venv-sam/bin/sam build && .venv-sam/bin/sam deploy --stack-name "$SESGUARD_TEST_STACK" --parameter-overrides \
	"NoticeSender=$SESGUARD_TEST_SENDER" CountSimulator=true DeletionProtection=false || exit 1
.venv/bin/python -m pytest -q tests/aws
