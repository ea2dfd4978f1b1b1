// Everything the daily snapshot needs, in one resource group: see docs/deploy.md.
targetScope = 'resourceGroup'

import { partnerAccount, tagSet } from 'types.bicep'

// What is recorded, and when

@description('The partner accounts, one or more. tenantId and clientId are GUIDs; secretName names the Key Vault secret that you store after the deployment.')
@minLength(1)
param partnerAccounts partnerAccount[]

@description('When the function runs, as NCRONTAB with six fields, in UTC. The default is every hour: the first run of a day takes the reading, and the others catch up.')
@minLength(11)
@maxLength(100)
param schedule string = '0 17 * * * *'

@description('Hours without a run after which the alert no-run fires. For a sparser schedule, set the longest gap between two runs plus two hours.')
@minValue(2)
@maxValue(47)
param silentHours int = 3

@description('IANA name of the time zone that decides which day a row belongs to, such as Europe/Berlin.')
@minLength(2)
@maxLength(64)
param timeZone string = 'UTC'

@description('Also store every row in a second table, in the storage account without keys. No role in this deployment may change rows there.')
param archive bool = true

// Who operates it

@description('Address for the alert emails. May be empty only with alertWebhook or existingActionGroupId.')
@maxLength(254)
param alertEmail string = ''

@description('Webhook that is also called for every alert, such as a chat channel\'s incoming webhook. Empty: none.')
@secure()
param alertWebhook string = ''

@description('Percentages of an account\'s credit limit. An email is sent when the balance reaches one of them.')
@minLength(1)
@maxLength(10)
param creditPercentages int[] = [
  70
  85
  100
]

@description('Where the recipients of the emails can read docs/operate.md, such as its URL in your repository.')
@minLength(1)
@maxLength(500)
param operateGuide string = 'docs/operate.md'

@description('Entra object ID of the person or group that stores the secret, reads the history and imports or restores rows. Empty: nobody gets these roles.')
@maxLength(36)
param operatorObjectId string = ''

@description('The kind of principal that operatorObjectId is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param operatorType string = 'User'

// Where it is deployed

@description('Region of all resources. It must offer Flex Consumption: `az functionapp list-flexconsumption-locations`.')
param location string = resourceGroup().location

@description('Any text; it changes every generated name. Use it for a second deployment in the same resource group, or while a deleted vault still reserves its name.')
@maxLength(64)
param suffix string = ''

@description('Copies of the stored rows: LRS in one building, ZRS in three zones, GRS also in a second region. A region without zones refuses ZRS; one without a paired region refuses GRS.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
])
param redundancy string = 'Standard_GRS'

@description('Resource ID of a Key Vault to use instead of a new one. It must use Azure roles (RBAC), and the function may then read all its secrets. If a role on it was already granted by hand, the deployment fails with RoleAssignmentExists: remove that role first.')
@maxLength(500)
param existingVaultId string = ''

@description('Resource ID of a Log Analytics workspace in the same region to use instead of a new one.')
@maxLength(500)
param existingWorkspaceId string = ''

@description('Resource ID of an action group to alert instead of a new one. alertEmail and alertWebhook must then be empty.')
@maxLength(500)
param existingActionGroupId string = ''

@description('Subject of the GitHub workflow that may act as the function, such as repo:contoso/balances:ref:refs/heads/main. Empty: none. See A second trigger in docs/deploy.md.')
@maxLength(256)
param githubSubject string = ''

@description('URL of Partner Center\'s API for all accounts; https only. Empty: by cloud.')
@maxLength(500)
param partnerApiUrl string = ''

@description('URL of the sign-in service for all accounts; https only. Empty: by cloud.')
@maxLength(500)
param partnerLoginUrl string = ''

@description('Tags for every resource that supports them.')
param tags tagSet = {}

@description('Whether the account with the history has keys. Power BI Desktop can only sign in with a key. Set it to false if you do not use Power BI, or if a policy forbids keys.')
param powerBiKey bool = true

// Private networking

@description('Close the vault and both storage accounts to the internet. The function then reaches them through private endpoints in its own network. About 31 US dollars a month.')
param privateNetworking bool = false

@description('Address range of that network, /25 or larger. It must not overlap with networks that you will peer with it.')
@minLength(9)
@maxLength(18)
param addressPrefix string = '10.90.0.0/24'

@description('Public IPv4 addresses or ranges (up to /30) that may still reach the vault and the storage accounts, for the operator\'s command line and Power BI Desktop. Empty: none.')
@maxLength(200)
param allowedAddresses string[] = []

// Contradictory parameters and unchanged sample values are refused before anything is created.
var zeros = '00000000-0000-0000-0000-000000000000'
var texts = [
  timeZone
  alertEmail
  alertWebhook
  operateGuide
  operatorObjectId
  existingVaultId
  existingWorkspaceId
  existingActionGroupId
  githubSubject
  partnerApiUrl
  partnerLoginUrl
]
var existing = [
  { name: 'existingVaultId', id: existingVaultId, type: 'Microsoft.KeyVault/vaults' }
  { name: 'existingWorkspaceId', id: existingWorkspaceId, type: 'Microsoft.OperationalInsights/workspaces' }
  { name: 'existingActionGroupId', id: existingActionGroupId, type: 'Microsoft.Insights/actionGroups' }
]
var notIds = filter(
  existing,
  each =>
    !empty(each.id) && (length(split(each.id, '/')) != 9 || !contains(
      toLower(each.id),
      toLower('/providers/${each.type}/')
    ))
)
var accounts = map(partnerAccounts, account => {
  tenant: toLower(account.tenantId)
  federated: account.?credential == 'federated'
  secret: toLower(trim(account.?secretName ?? ''))
  user: account.?auth == 'app_user'
  token: toLower(trim(account.?refreshTokenName ?? ''))
  summaries: account.?balances == 'summaries'
})
var tenants = map(accounts, account => account.tenant)
var secrets = map(filter(accounts, account => !empty(account.secret)), account => account.secret)
var characters = length(string(partnerAccounts))
var fields = filter(split(schedule, ' '), field => !empty(field))
var prefixLength = privateNetworking ? parseCidr(addressPrefix).cidr : 0
var problems = filter(
  [
    {
      found: contains(string(partnerAccounts), zeros)
      message: 'partnerAccounts still has the all-zero ID: enter your own tenantId and clientId.'
    }
    {
      found: operatorObjectId == zeros
      message: 'operatorObjectId is still the all-zero ID: enter what `az ad signed-in-user show --query id` prints, or leave it empty.'
    }
    {
      found: toLower(alertEmail) == 'operator@example.com'
      message: 'alertEmail is still operator@example.com: enter the address that should get the alerts.'
    }
    {
      found: !empty(filter(texts, text => text != trim(text) || contains(text, '<')))
      message: 'A parameter still has a placeholder in angle brackets, or begins or ends with white space: enter your own value.'
    }
    {
      found: empty(alertEmail) && empty(alertWebhook) && empty(existingActionGroupId)
      message: 'Nobody would get the alerts: set alertEmail, alertWebhook or existingActionGroupId.'
    }
    {
      found: !empty(existingActionGroupId) && !(empty(alertEmail) && empty(alertWebhook))
      message: 'existingActionGroupId is set together with alertEmail or alertWebhook, which would get nothing: leave one of them empty.'
    }
    {
      found: empty(operatorObjectId) && operatorType != 'User'
      message: 'operatorType has no effect without operatorObjectId: set the object ID, or remove operatorType.'
    }
    {
      found: !empty(notIds)
      message: join(
        map(
          notIds,
          each => '${each.name} must be like /subscriptions/ID/resourceGroups/GROUP/providers/${each.type}/NAME.'
        ),
        ' '
      )
    }
    {
      found: !empty(filter(accounts, account => !account.federated && empty(account.secret)))
      message: 'An account in partnerAccounts has no secretName: enter the name of the secret with its credential, or set credential to federated.'
    }
    {
      found: !empty(filter(accounts, account => account.federated && !empty(account.secret)))
      message: 'An account in partnerAccounts with credential federated has a secretName, which has no effect: remove one of them.'
    }
    {
      found: !empty(filter(accounts, account => account.user && empty(account.token)))
      message: 'An account in partnerAccounts with auth app_user has no refreshTokenName: enter the name of the secret for its refresh token.'
    }
    {
      found: !empty(filter(accounts, account => !account.user && (!empty(account.token) || account.summaries)))
      message: 'An account in partnerAccounts has a refreshTokenName or balances summaries, which need auth app_user: set it, or remove them.'
    }
    {
      found: !empty(filter(accounts, account => contains(secrets, account.token)))
      message: 'A refreshTokenName in partnerAccounts is also a secretName, which the token would replace: choose a different name.'
    }
    {
      found: length(union(tenants, tenants)) < length(tenants)
      message: 'partnerAccounts has the same tenantId twice: it is the key of the history, so list each tenant once.'
    }
    {
      found: characters > 120000
      message: 'partnerAccounts has ${characters} characters of JSON, but one setting can hold only 120000 (about 600 accounts): move the rest to a second deployment with another suffix.'
    }
    {
      found: length(fields) != 6
      message: 'schedule has ${length(fields)} fields but needs six, starting with the seconds, such as 0 17 * * * *.'
    }
    {
      found: length(fields) == 6 && join(skip(fields, 2), ' ') != '* * * *' && silentHours == 3
      message: 'schedule does not run every hour, but silentHours is still 3, so each gap would alert: set it to the longest gap plus two hours.'
    }
    {
      found: privateNetworking && !empty(existingVaultId)
      message: 'privateNetworking cannot close a vault from outside this deployment: leave existingVaultId empty, or set privateNetworking to false.'
    }
    {
      found: !privateNetworking && (!empty(allowedAddresses) || addressPrefix != '10.90.0.0/24')
      message: 'allowedAddresses and addressPrefix have no effect without privateNetworking: remove them, or set privateNetworking to true.'
    }
    {
      found: prefixLength > 25
      message: 'addressPrefix is too small for two /26 subnets: use a /25 or larger.'
    }
    {
      found: !empty(filter(allowedAddresses, address => endsWith(address, '/31') || endsWith(address, '/32')))
      message: 'allowedAddresses has a range of one or two addresses, which a storage account refuses: enter single addresses without /31 or /32.'
    }
  ],
  problem => problem.found
)

// Every name consists of a fixed part and these 13 lowercase letters and digits, so no parameter can make a name invalid.
var unique = empty(problems)
  ? uniqueString(resourceGroup().id, suffix)
  : fail(join(map(problems, problem => problem.message), ' '))
var tableName = 'partnerbalances'

// /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.KeyVault/vaults/{8}
var vaultId = empty(existingVaultId) ? resourceId('Microsoft.KeyVault/vaults', 'kv-balance-${unique}') : existingVaultId
var vaultPath = split(vaultId, '/')
var rotatesRefreshToken = !empty(filter(accounts, account => account.user))

module identity 'identity.bicep' = {
  params: {
    name: 'id-balances-${unique}'
    location: location
    tags: tags
    githubSubject: githubSubject
  }
}

module storage 'storage.bicep' = {
  params: {
    hostAccountName: 'stbalhost${unique}'
    dataAccountName: 'stbaldata${unique}'
    location: location
    tags: tags
    redundancy: redundancy
    tableName: tableName
    archive: archive
    powerBiKey: powerBiKey
    privateNetworking: privateNetworking
    allowedAddresses: allowedAddresses
    workspaceId: monitoring.outputs.workspaceId
    roleSuffix: unique
    functionPrincipalId: identity.outputs.principalId
    operatorObjectId: operatorObjectId
    operatorType: operatorType
  }
}

module vault 'vault.bicep' = {
  scope: resourceGroup(vaultPath[2], vaultPath[4])
  params: {
    name: vaultPath[8]
    create: empty(existingVaultId)
    location: location
    tags: tags
    privateNetworking: privateNetworking
    allowedAddresses: allowedAddresses
    workspaceId: monitoring.outputs.workspaceId
    roleSuffix: unique
    rotatesRefreshToken: rotatesRefreshToken
    functionPrincipalId: identity.outputs.principalId
    operatorObjectId: operatorObjectId
    operatorType: operatorType
  }
}

module monitoring 'monitoring.bicep' = {
  params: {
    workspaceName: 'log-balances-${unique}'
    componentName: 'appi-balances-${unique}'
    location: location
    tags: tags
    existingWorkspaceId: existingWorkspaceId
    functionPrincipalId: identity.outputs.principalId
  }
}

module alerts 'alerts.bicep' = {
  params: {
    nameSuffix: unique
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    email: alertEmail
    webhook: alertWebhook
    existingActionGroupId: existingActionGroupId
    historyAccounts: storage.outputs.historyAccounts
    silentHours: silentHours
    creditPercentages: creditPercentages
    operateGuide: operateGuide
  }
}

module network 'network.bicep' = if (privateNetworking) {
  params: {
    nameSuffix: unique
    location: location
    tags: tags
    addressPrefix: addressPrefix
    vaultName: vault.outputs.name
    hostAccountName: storage.outputs.hostAccountName
    dataAccountName: storage.outputs.dataAccountName
    archive: archive
  }
}

// With private networking, the app is created after the whole module above, with its endpoints and DNS zone links.
module app 'function.bicep' = {
  params: {
    name: 'func-balances-${unique}'
    planName: 'plan-balances-${unique}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostAccountName: storage.outputs.hostAccountName
    packageContainerName: storage.outputs.packageContainerName
    componentName: monitoring.outputs.componentName
    tableEndpoint: storage.outputs.tableEndpoint
    archiveEndpoint: storage.outputs.archiveEndpoint
    tableName: tableName
    vaultUrl: vault.outputs.url
    schedule: schedule
    timeZone: timeZone
    partnerAccounts: partnerAccounts
    partnerApiUrl: partnerApiUrl
    partnerLoginUrl: partnerLoginUrl
    subnetId: privateNetworking ? network!.outputs.functionSubnetId : ''
  }
}

@description('Name of the vault, for `az keyvault secret set`.')
output vaultName string = vault.outputs.name

@description('Name of the function app, for `func azure functionapp publish`.')
output functionAppName string = app.outputs.name

@description('SNAPSHOT_TABLE_ENDPOINT for the command line on your machine.')
output tableEndpoint string = storage.outputs.tableEndpoint

@description('The storage account to enter in Power BI.')
output dataAccountName string = storage.outputs.dataAccountName
