// The function app: Flex Consumption, Python 3.13, one user-assigned identity, and no key, secret or connection string with one.
import { partnerAccount, settingsOf, tagSet } from 'types.bicep'

@description('Name of the app.')
param name string

@description('Name of the app\'s plan.')
param planName string

@description('Region.')
param location string

@description('Tags of every resource that supports them.')
param tags tagSet

@description('Resource ID of the function\'s identity.')
param identityId string

@description('Client ID of the function\'s identity.')
param identityClientId string

@description('The host\'s storage account.')
param hostAccountName string

@description('Container in that account for the function\'s package.')
param packageContainerName string

@description('Application Insights component.')
param componentName string

@description('Table service for the rows.')
param tableEndpoint string

@description('Table service for the archive; empty: none.')
param archiveEndpoint string

@description('Table name in both services.')
param tableName string

@description('URL of the vault.')
param vaultUrl string

@description('NCRONTAB with six fields, UTC.')
param schedule string

@description('IANA time zone that decides which day a row belongs to.')
param timeZone string

@description('The partner accounts, with the same members as the setting PARTNER_ACCOUNTS.')
param partnerAccounts partnerAccount[]

@description('URL of Partner Center; empty: by cloud.')
param partnerApiUrl string

@description('URL of the sign-in service; empty: by cloud.')
param partnerLoginUrl string

@description('Subnet for the app\'s outbound traffic; empty: none.')
param subnetId string

var blobService = 'https://${hostAccountName}.blob.${environment().suffixes.storage}'

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobService}/${packageContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
      }
    }
  }

  // Publishing signs in with Entra ID; a new site's two passwords are disabled.
  resource ftpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    #disable-next-line BCP187 // the published type lacks it, and the API of some regions refuses the resource without it
    location: location
    properties: {
      allow: false
    }
  }

  resource publishPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    #disable-next-line BCP187 // the published type lacks it, and the API of some regions refuses the resource without it
    location: location
    properties: {
      allow: false
    }
  }

  // The settings in docs/settings.md; an empty one counts as absent.
  resource settings 'config' = {
    name: 'appsettings'
    properties: union(settingsOf(length(partnerAccounts) == 1 ? partnerAccounts[0] : null), {
      AzureWebJobsStorage__blobServiceUri: blobService
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString // an address; signing in is the next line
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      AZURE_CLIENT_ID: identityClientId
      SNAPSHOT_SCHEDULE: schedule
      SNAPSHOT_TIME_ZONE: timeZone
      SNAPSHOT_TABLE_ENDPOINT: tableEndpoint
      SNAPSHOT_TABLE_NAME: tableName
      SNAPSHOT_ARCHIVE_ENDPOINT: archiveEndpoint
      KEY_VAULT_URL: vaultUrl
      PARTNER_API_URL: partnerApiUrl
      PARTNER_LOGIN_URL: partnerLoginUrl
      PARTNER_ACCOUNTS: length(partnerAccounts) == 1 ? '' : string(partnerAccounts)
    })
  }
}

@description('Name of the app.')
output name string = app.name
