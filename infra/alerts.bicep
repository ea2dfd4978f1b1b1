// Sends an email when a person is needed. The queries in alerts/*.kql match the first word of each line that the function logs.
import { tagSet } from 'types.bicep'

@description('Part of the names.')
param nameSuffix string

@description('Region.')
param location string

@description('Tags of every resource that supports them.')
param tags tagSet

@description('Resource ID of the workspace to search.')
param workspaceId string

@description('Resource ID of the Application Insights component whose lines count; the workspace may contain others.')
param componentId string

@description('Address that gets the emails.')
param email string

@description('Webhook that is also called; empty: none.')
@secure()
param webhook string

@description('Resource ID of an action group to use; empty: a new one.')
param existingActionGroupId string

@description('Names of the storage accounts with the history.')
param historyAccounts string[]

@description('Hours without a run after which somebody is alerted.')
param silentHours int

@description('Percentages of the credit limit that trigger an alert.')
param creditPercentages int[]

@description('Where docs/operate.md can be read.')
param operateGuide string

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (empty(existingActionGroupId)) {
  name: 'ag-balances-${nameSuffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'Balances'
    emailReceivers: empty(email)
      ? []
      : [
          {
            name: 'operator'
            emailAddress: email
            useCommonAlertSchema: true
          }
        ]
    webhookReceivers: empty(webhook)
      ? []
      : [
          {
            name: 'webhook'
            serviceUri: webhook
            useCommonAlertSchema: true
          }
        ]
  }
}

var actionGroupId = empty(existingActionGroupId) ? actionGroup.id : existingActionGroupId

// The start of every query: this deployment's values, and its function's lines.
var start = join(
  [
    'let component = "${componentId}";'
    'let percentages = dynamic(${string(creditPercentages)});'
    'let silence = ${silentHours}h;'
    'let historyAccounts = dynamic(${string(historyAccounts)});'
    loadTextContent('alerts/lines.kql')
  ],
  '\n'
)

// A rule fires when its query returns rows. `mute` says how it repeats. With a period, it fires again while the cause lasts, but
// not within that period after an email. With null, it fires once when a state begins and once when it ends. Azure does not document
// whether one account's mute period silences the others, so one account's failure can hide another's for six hours at most.
var rules = [
  {
    name: 'run-failed'
    title: 'Partner balances: a run failed'
    severity: 1
    mute: 'PT6H'
    query: loadTextContent('alerts/run-failed.kql')
    dimensions: ['account', 'code']
    description: 'An account has no row for today. The code gives the reason, which needs a person or has lasted for six hours. The hourly runs continue; the day is lost at midnight, because Partner Center keeps no history.'
  }
  {
    name: 'no-run'
    title: 'Partner balances: no run for ${silentHours} hours'
    severity: 0
    mute: 'P1D'
    query: loadTextContent('alerts/no-run.kql')
    dimensions: []
    description: 'The function has not run for ${silentHours} hours: its timer has stopped, or nothing was published. Start a run by hand before midnight.'
  }
  {
    name: 'secret-expiring'
    title: 'Partner balances: a credential expires soon'
    severity: 2
    mute: 'P1D'
    query: loadTextContent('alerts/secret-expiring.kql')
    dimensions: ['account', 'secret', 'days']
    description: 'An account\'s credential expires in the given number of days; after that, its balance cannot be read. Renew it now.'
  }
  {
    name: 'credit-used'
    title: 'Partner balances: credit limit'
    severity: 2
    mute: null
    query: loadTextContent('alerts/credit-used.kql')
    dimensions: ['account', 'currency', 'percentage']
    description: 'An account\'s balance reached the percentage of its credit limit, or (unknown) no balance is in the limit\'s currency. At 100 %, Microsoft may suspend the account.'
  }
  {
    name: 'archive-failed'
    title: 'Partner balances: the archive was not written'
    severity: 2
    mute: 'PT6H'
    query: loadTextContent('alerts/archive-failed.kql')
    dimensions: ['account', 'code']
    description: 'The table has the day\'s row, but the archive does not.'
  }
  {
    name: 'ledger-failed'
    title: 'Partner balances: the ledger of runs was not written'
    severity: 3
    mute: 'P1D'
    query: loadTextContent('alerts/ledger-failed.kql')
    dimensions: ['code']
    description: 'Runs could not write their rows to the ledger. The balances are recorded, but the reason for a missed day will be missing.'
  }
  {
    name: 'history-changed'
    title: 'Partner balances: somebody wrote to the history'
    severity: 1
    mute: 'P1D'
    query: loadTextContent('alerts/history-changed.kql')
    dimensions: ['storage', 'operation', 'who']
    description: 'Rows or tables were written or deleted with a key, or in a way that neither the function nor its commands use.'
  }
]

resource alertRules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${nameSuffix}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: '${rule.description} What to do: ${operateGuide}#${rule.name}'
      severity: rule.severity
      enabled: true
      scopes: [
        workspaceId
      ]
      evaluationFrequency: 'PT1H'
      windowSize: 'P1D'
      overrideQueryTimeRange: 'P2D' // the longest there is; each query narrows it
      skipQueryValidation: true // the tables of a new workspace appear with the first line
      criteria: {
        allOf: [
          {
            query: '${start}${rule.query}'
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            // One alert, and therefore one email, for each combination of these columns.
            dimensions: map(rule.dimensions, column => { name: column, operator: 'Include', values: ['*'] })
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      autoMitigate: rule.mute == null
      muteActionsDuration: rule.mute
      actions: {
        actionGroups: [
          actionGroupId
        ]
      }
    }
  }
]
