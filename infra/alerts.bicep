// Mails when a person is needed. The queries are in alerts/*.kql; they match the first word of each line that the function logs.
import { tagSet } from 'types.bicep'

@description('Part of the names.')
param nameSuffix string

@description('Region.')
param location string

@description('Tags of every resource that takes them.')
param tags tagSet

@description('Resource id of the workspace that is searched.')
param workspaceId string

@description('Resource id of the Application Insights component whose lines count; the workspace may hold others.')
param componentId string

@description('Address that gets the mails.')
param email string

@description('Webhook that is called too; empty: none.')
@secure()
param webhook string

@description('Resource id of an action group to use; empty: a new one.')
param existingActionGroupId string

@description('Names of the storage accounts that hold the history.')
param historyAccounts string[]

@description('Hours without a run after which somebody is alerted.')
param silentHours int

@description('Percentages of the credit limit to alert at.')
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

// What every query starts with: this deployment's values, and the lines of its function.
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

// A rule fires when its query returns rows. `mute` says how it repeats: with a time it fires again as long as the cause lasts, but
// not within that time after a mail; null fires once when a state begins and once more when it ends. Whether one account's mute
// time silences the others is documented nowhere, so a failure of one account can hide another's for six hours at most.
var rules = [
  {
    name: 'run-failed'
    title: 'Partner balances: a run failed'
    severity: 1
    mute: 'PT6H'
    query: loadTextContent('alerts/run-failed.kql')
    dimensions: ['account', 'code']
    description: 'An account has no row of today, for the reason in the code: it needs a person, or has lasted for six hours. The hourly runs go on; the day is lost at midnight, because Partner Center keeps no history.'
  }
  {
    name: 'no-run'
    title: 'Partner balances: no run for ${silentHours} hours'
    severity: 0
    mute: 'P1D'
    query: loadTextContent('alerts/no-run.kql')
    dimensions: []
    description: 'The function has not run for ${silentHours} hours: its timer is dead, or nothing was published. Start a run by hand before midnight.'
  }
  {
    name: 'secret-expiring'
    title: 'Partner balances: a credential expires soon'
    severity: 2
    mute: 'P1D'
    query: loadTextContent('alerts/secret-expiring.kql')
    dimensions: ['account', 'secret', 'days']
    description: 'A credential of an account expires in the days given; after that no balance can be read. Renew it now.'
  }
  {
    name: 'credit-used'
    title: 'Partner balances: credit limit'
    severity: 2
    mute: null
    query: loadTextContent('alerts/credit-used.kql')
    dimensions: ['account', 'currency', 'percentage']
    description: 'The balance of an account reached the percentage of its credit limit, or (unknown) no balance has the limit\'s currency. At 100 % Microsoft may suspend the account.'
  }
  {
    name: 'archive-failed'
    title: 'Partner balances: the archive was not written'
    severity: 2
    mute: 'PT6H'
    query: loadTextContent('alerts/archive-failed.kql')
    dimensions: ['account', 'code']
    description: 'The table has the day\'s row and the archive does not.'
  }
  {
    name: 'ledger-failed'
    title: 'Partner balances: the ledger of runs was not written'
    severity: 3
    mute: 'P1D'
    query: loadTextContent('alerts/ledger-failed.kql')
    dimensions: ['code']
    description: 'Runs could not write their rows into the ledger. The balances are recorded; the reason of a missed day will be missing.'
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
            // One alert, and so one mail, for each combination of these columns.
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
