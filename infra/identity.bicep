// The function's only identity. It gets every role; the app itself gets none.
import { tagSet } from 'types.bicep'

@description('Name of the user-assigned identity.')
param name string

@description('Region.')
param location string

@description('Tags of every resource that supports them.')
param tags tagSet

@description('Subject of the GitHub workflow that may act as this identity; empty: none.')
param githubSubject string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

resource github 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = if (!empty(githubSubject)) {
  parent: identity
  name: 'github-snapshot'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: githubSubject
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

@description('Resource ID.')
output id string = identity.id

@description('Client ID, for AZURE_CLIENT_ID.')
output clientId string = identity.properties.clientId

@description('Object ID, for role assignments.')
output principalId string = identity.properties.principalId
